import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CloudOff, Plus } from 'lucide-react';
import type { Grant } from '../api/people';
import { fetchSets } from '../api/rights';
import { placeOf, useMe } from '../shell/session';
import { Drawer } from '../ui/Drawer';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { blocksOf } from './grants';
import { useSentences } from './RightsEditor';
import { SetForm } from './SetForm';
import { Toolbar } from './Toolbar';

export interface SetsSearch {
  /** The set in the drawer: an id, or `new`. */
  set?: string;
}

/** Named sets of rights, for giving a user many at once. */
export function Sets() {
  const me = useMe();
  const { set: open } = useSearch({ strict: false }) as SetsSearch;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const go = (set: string | undefined) =>
    void navigate({ to: '/start/admin/sets', search: { set } });
  const sets = useQuery({ queryKey: ['sets'], queryFn: ({ signal }) => fetchSets(signal) });
  const found = sets.data?.results;
  const opened = found?.find(({ id }) => id === open);
  const isAdmin = me.role !== 'user';
  const onDone = () => {
    void queries.invalidateQueries({ queryKey: ['sets'] });
    go(undefined);
  };
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <Toolbar>
          <p className="flex-1 text-ink-2 min-w-[200px]">
            A set is copied into a user’s rights; changing it later changes nobody.
          </p>
          {isAdmin && (
            <button type="button" className="btn primary" onClick={() => go('new')}>
              <Plus size={16} aria-hidden />
              New set
            </button>
          )}
        </Toolbar>
        {sets.error && !found ? (
          <Notice icon={CloudOff} role="alert" title="The sets could not be loaded">
            {sets.error.message}
          </Notice>
        ) : (
          <Table
            label="Sets of rights"
            columns={['Name', 'Gives']}
            widths={['220px', 'auto']}
            rows={found}
            keyOf={({ id }) => id}
            openKey={open}
            onOpen={({ id }) => go(id)}
            cells={({ name, grants }) => [
              <span key="name" className="font-medium truncate">
                {name}
              </span>,
              <InWords key="words" grants={grants} />,
            ]}
          />
        )}
      </div>
      {open && (
        <Drawer
          key={open}
          title={open === 'new' ? 'New set' : (opened?.name ?? 'Set of rights')}
          ready={open === 'new' || sets.isFetched}
          onClose={() => go(undefined)}
        >
          {open === 'new' || opened ? (
            <SetForm set={opened} mayChange={isAdmin} onDone={onDone} />
          ) : (
            sets.isFetched && (
              <p role="alert" className="p-4 text-danger">
                There is no such set.
              </p>
            )
          )}
        </Drawer>
      )}
    </div>
  );
}

function InWords({ grants }: { grants: Grant[] }) {
  const { timeZone } = placeOf(useMe());
  const sentences = useSentences(blocksOf(grants, timeZone));
  return (
    <span className="text-ink-2" title={sentences.join('\n')}>
      {sentences.join(' ') || 'Nothing yet'}
    </span>
  );
}
