import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CloudOff, Lock, SearchX } from 'lucide-react';
import { useEffect } from 'react';
import { may } from '../api/accounts';
import { type Executive, fetchExecutives, MOST_EXECUTIVES } from '../api/customers';
import { onJobEnd } from '../bulk/jobs';
import { formatCount } from '../lib/text';
import { SearchBox } from '../screens/SearchBox';
import { useMe } from '../shell/session';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { onStepped } from '../undo/undo';
import { ExecutiveDrawer } from './ExecutiveDrawer';
import { RegisterNav } from './RegisterNav';

export interface ExecutivesSearch {
  search?: string;
  /** The executive in the drawer, by name. */
  executive?: string;
}

/** Who carries challans, and how many; two names of one person are merged here. */
export function Executives() {
  const me = useMe();
  const { search = '', executive: open } = useSearch({ strict: false }) as ExecutivesSearch;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const maySee = may(me, 'customer:manage') && may(me, 'challan:read');
  const list = useQuery({
    queryKey: ['executives', 'list', search],
    queryFn: ({ signal }) => fetchExecutives(search, signal),
    placeholderData: (before) => before,
    enabled: maySee,
    retry: false,
  });
  // A merge that ends, or is undone, changes the counts.
  useEffect(() => {
    const readAnew = () => void queries.invalidateQueries({ queryKey: ['executives'] });
    const stops = [onJobEnd(readAnew), onStepped(readAnew)];
    return () => stops.forEach((stop) => void stop());
  }, [queries]);
  if (!maySee) {
    return (
      <>
        <h1 className="sr-only">Executives</h1>
        <Notice icon={Lock} title="This is for who manages customers">
          Your account has no right to look after the names on challans. An admin of your company
          can grant it.
        </Notice>
      </>
    );
  }
  const go = (change: ExecutivesSearch, replace = false) =>
    void navigate({
      to: '/start/customers/executives',
      search: (before: ExecutivesSearch) => ({ ...before, ...change }),
      replace,
    });
  const found = list.data?.results;
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <header className="flex flex-none items-center gap-3 h-12 max-md:h-15 px-3 border-b border-line bg-surface">
          <h1 className="text-base font-semibold px-1 max-md:sr-only">Executives</h1>
          <span className="flex-1 max-md:hidden" />
          <SearchBox
            q={search}
            label="Search executives"
            placeholder="A part of a name"
            invalid={false}
            onSearch={(text) => go({ search: text.trim() || undefined }, true)}
          />
        </header>
        <RegisterNav />
        {list.error && !found ? (
          <Notice
            icon={CloudOff}
            role="alert"
            title="The executives could not be loaded"
            action={
              <button type="button" className="btn" onClick={() => void list.refetch()}>
                Try again
              </button>
            }
          >
            {list.error.message}
          </Notice>
        ) : found?.length === 0 ? (
          <Notice icon={SearchX} title={search ? 'No executive matches' : 'No executives yet'}>
            {search
              ? 'No name has this in it.'
              : 'A name is here once a challan is carried by it, or a user has it as executive name.'}
          </Notice>
        ) : (
          <>
            <Table
              label="Executives"
              columns={['Name', 'Challans', 'User']}
              widths={['50%', '20%', '30%']}
              rows={found}
              keyOf={({ name }) => name}
              openKey={open}
              onOpen={({ name }) => go({ executive: name })}
              cells={cellsOf}
            />
            {found?.length === MOST_EXECUTIVES && (
              <p className="flex-none px-3 py-2 border-t border-line text-ink-2">
                These are the first {MOST_EXECUTIVES} names. Search for the others.
              </p>
            )}
          </>
        )}
      </div>
      {open && (
        <ExecutiveDrawer
          key={open}
          name={open}
          onClose={() => go({ executive: undefined })}
          onMerged={(into) => go({ executive: into }, true)}
        />
      )}
    </div>
  );
}

const cellsOf = ({ name, user, count }: Executive) => [
  <span key="name" className="truncate font-medium">
    {name}
  </span>,
  <span key="count" className="tabular-nums">
    {formatCount(count)}
    <span className="md:hidden"> {count === 1 ? 'challan' : 'challans'}</span>
  </span>,
  <span key="user" className="text-ink-2">
    {user ? 'Name of a user' : ''}
  </span>,
];
