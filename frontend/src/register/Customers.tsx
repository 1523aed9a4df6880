import { Tabs } from '@base-ui/react/tabs';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { ArrowRight, CloudOff, Lock, Plus, SearchX } from 'lucide-react';
import { may } from '../api/accounts';
import { type Customer, fetchCustomer, fetchCustomers } from '../api/customers';
import { written } from '../finding/terms';
import { SearchBox } from '../screens/SearchBox';
import { useMe } from '../shell/session';
import { Drawer, TAB } from '../ui/Drawer';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { CustomerForm } from './CustomerForm';
import { MergeForm } from './MergeForm';
import { RegisterNav } from './RegisterNav';

export interface CustomersSearch {
  search?: string;
  /** The customer in the drawer: an id, or `new`. */
  customer?: string;
}

/** The customer list: found by any name, changed and merged by those who may. */
export function Customers() {
  const me = useMe();
  const { search = '', customer: open } = useSearch({ strict: false }) as CustomersSearch;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const go = (change: CustomersSearch, replace = false) =>
    void navigate({
      to: '/start/customers',
      search: (before: CustomersSearch) => ({ ...before, ...change }),
      replace,
    });
  const list = useInfiniteQuery({
    queryKey: ['customers', 'list', search],
    queryFn: ({ pageParam, signal }) => fetchCustomers(search, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
    retry: false,
  });
  const found = list.data?.pages.flatMap((page) => page.results);
  const mayManage = may(me, 'customer:manage');
  if (!mayManage && !may(me, 'challan:read')) {
    return (
      <>
        <h1 className="sr-only">Customers</h1>
        <Notice icon={Lock} title="You may not see customers">
          Your account has no right to read challans. An admin of your company can grant it.
        </Notice>
      </>
    );
  }
  const changed = () => queries.invalidateQueries({ queryKey: ['customers'] });
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <header className="flex flex-none items-center gap-3 h-12 max-md:h-15 px-3 border-b border-line bg-surface">
          <h1 className="text-base font-semibold px-1 max-md:sr-only">Customers</h1>
          <span className="flex-1 max-md:hidden" />
          <SearchBox
            q={search}
            label="Search customers"
            placeholder="A name, an alias or a GSTIN"
            invalid={false}
            onSearch={(text) => go({ search: text.trim() || undefined }, true)}
          />
          {mayManage && (
            <button type="button" className="btn primary" onClick={() => go({ customer: 'new' })}>
              <Plus size={16} aria-hidden />
              New
            </button>
          )}
        </header>
        <RegisterNav />
        {list.error && !found ? (
          <Notice
            icon={CloudOff}
            role="alert"
            title="The customers could not be loaded"
            action={
              <button type="button" className="btn" onClick={() => void list.refetch()}>
                Try again
              </button>
            }
          >
            {list.error.message}
          </Notice>
        ) : found?.length === 0 ? (
          <Notice icon={SearchX} title={search ? 'No customer matches' : 'No customers yet'}>
            {search
              ? 'No name, alias or GSTIN has this in it.'
              : 'A customer is added with its first challan, or here.'}
          </Notice>
        ) : (
          <Table
            label="Customers"
            columns={['Name', 'GSTIN', 'Also known as', 'Address']}
            rows={found}
            keyOf={({ id }) => id}
            openKey={open}
            onOpen={({ id }) => go({ customer: id })}
            cells={cellsOf}
            more={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
          />
        )}
      </div>
      {open && (
        <CustomerDrawer
          key={open}
          id={open}
          mayManage={mayManage}
          onClose={() => go({ customer: undefined })}
          onSaved={(saved) => {
            queries.setQueryData(['customers', 'one', saved.id], saved);
            void changed();
            if (saved.id !== open) go({ customer: saved.id }, true);
          }}
        />
      )}
    </div>
  );
}

const cellsOf = ({ name, gstin, aliases, address, active }: Customer) => [
  <span key="name" className="inline-flex items-center gap-2 min-w-0">
    <span className="truncate font-medium">{name}</span>
    {!active && (
      <span className="pill" data-stage="draft">
        Not dealt with
      </span>
    )}
  </span>,
  <span key="gstin" className="tabular-nums">
    {gstin}
  </span>,
  <span key="aliases" className="text-ink-2">
    {aliases.join(', ')}
  </span>,
  <span key="address" className="text-ink-2">
    {address}
  </span>,
];

interface CustomerDrawerProps {
  id: string;
  mayManage: boolean;
  onClose: () => void;
  onSaved: (saved: Customer) => void;
}

function CustomerDrawer({ id, mayManage, onClose, onSaved }: CustomerDrawerProps) {
  const isNew = id === 'new';
  const read = useQuery({
    queryKey: ['customers', 'one', id],
    queryFn: ({ signal }) => fetchCustomer(id, signal),
    enabled: !isNew,
    retry: false,
  });
  const customer = isNew ? undefined : read.data;
  if (isNew || !customer) {
    return (
      <Drawer title="New customer" ready={isNew || read.error !== null} onClose={onClose}>
        {isNew ? (
          <CustomerForm customer={undefined} mayChange={mayManage} onSaved={onSaved} />
        ) : (
          read.error && (
            <p role="alert" className="p-4 text-danger">
              {read.error.message}
            </p>
          )
        )}
      </Drawer>
    );
  }
  const form = (
    <CustomerForm
      key={customer.version}
      customer={customer}
      mayChange={mayManage && !customer.merged_into}
      onSaved={onSaved}
    />
  );
  return (
    <Drawer title={customer.name} ready onClose={onClose}>
      <Link
        to="/start/challans"
        search={{ q: `customer:${written(customer.name)}` }}
        className="flex flex-none items-center gap-1.5 px-4 py-2 border-b border-line text-accent hover:underline"
      >
        Its challans
        <ArrowRight size={14} aria-hidden />
      </Link>
      {mayManage && !customer.merged_into ? (
        <Tabs.Root defaultValue="details" className="flex-1 min-h-0 flex flex-col">
          <Tabs.List className="flex flex-none gap-2 px-3 border-b border-line">
            <Tabs.Tab value="details" className={TAB}>
              Details
            </Tabs.Tab>
            <Tabs.Tab value="merge" className={TAB}>
              Merge
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="details" className="flex-1 min-h-0 flex flex-col">
            {form}
          </Tabs.Panel>
          <Tabs.Panel value="merge" className="flex-1 min-h-0 flex flex-col">
            <MergeForm customer={customer} onMerged={onSaved} />
          </Tabs.Panel>
        </Tabs.Root>
      ) : (
        form
      )}
    </Drawer>
  );
}
