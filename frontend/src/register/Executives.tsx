import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Lock } from 'lucide-react';
import { useEffect } from 'react';
import { may } from '../api/accounts';
import { type Executive, fetchExecutives } from '../api/customers';
import { onJobEnd } from '../bulk/jobs';
import { formatCount } from '../lib/text';
import { useMe } from '../shell/session';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { onStepped } from '../undo/undo';
import { ExecutiveDrawer } from './ExecutiveDrawer';
import { ListScreen } from './ListScreen';

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
  const empty = search
    ? { title: 'No executive matches', text: 'No name has this in it.' }
    : {
        title: 'No executives yet',
        text: 'A name is here once a challan is carried by it, or a user has it as executive name.',
      };
  return (
    <ListScreen
      title="Executives"
      things="executives"
      search={search}
      placeholder="A part of a name"
      onSearch={(text, replace) => go({ search: text }, replace)}
      error={found ? null : list.error}
      onAgain={() => void list.refetch()}
      empty={found?.length === 0 ? empty : undefined}
      drawer={
        open && (
          <ExecutiveDrawer
            key={open}
            name={open}
            onClose={() => go({ executive: undefined })}
            onMerged={(into) => go({ executive: into }, true)}
          />
        )
      }
    >
      <Table
        label="Executives"
        columns={['Name', 'Challans', 'User']}
        numeric={['Challans']}
        widths={['50%', '20%', '30%']}
        rows={found}
        keyOf={({ name }) => name}
        openKey={open}
        onOpen={({ name }) => go({ executive: name })}
        cells={cellsOf}
      />
      {found && list.data?.next && (
        <p className="flex-none px-3 py-2 border-t border-line text-ink-2">
          These are the first {found.length} names. Search for the others.
        </p>
      )}
    </ListScreen>
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
