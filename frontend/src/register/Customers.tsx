import { Tabs } from '@base-ui/react/tabs';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { ArrowRight, Lock, Plus } from 'lucide-react';
import { may } from '../api/accounts';
import { type Customer, fetchCustomer, fetchCustomers } from '../api/customers';
import { written } from '../finding/terms';
import { useMe } from '../shell/session';
import { Drawer, TAB } from '../ui/Drawer';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { CustomerForm } from './CustomerForm';
import { ListScreen } from './ListScreen';
import { MergeForm } from './MergeForm';

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
  const empty = search
    ? { title: 'No customer matches', text: 'No name, alias or GSTIN has this in it.' }
    : {
        title: 'No customers yet',
        text: 'A customer is added with its first challan, or here.',
      };
  return (
    <ListScreen
      title="Customers"
      things="customers"
      search={search}
      placeholder="A name, an alias or a GSTIN"
      onSearch={(text, replace) => go({ search: text }, replace)}
      action={
        mayManage && (
          <button type="button" className="btn primary" onClick={() => go({ customer: 'new' })}>
            <Plus size={16} aria-hidden />
            New
          </button>
        )
      }
      error={found ? null : list.error}
      onAgain={() => void list.refetch()}
      empty={found?.length === 0 ? empty : undefined}
      drawer={
        open && (
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
        )
      }
    >
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
    </ListScreen>
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
