import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CloudOff, KeyRound, Plus } from 'lucide-react';
import { type ApiKey, fetchKeys } from '../api/rights';
import { formatDate, formatMoment } from '../lib/dates';
import { placeOf, useMe } from '../shell/session';
import { Drawer } from '../ui/Drawer';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import { KeyDetails } from './KeyDetails';
import { scopeLabel } from './keys';
import { NewKeyForm } from './NewKeyForm';
import { Toolbar } from './Toolbar';

export interface KeysSearch {
  /** The key in the drawer: an id, or `new`. */
  key?: string;
}

/** Keys with which other systems read and write. */
export function Keys() {
  const { timeZone, today } = placeOf(useMe());
  const { key: open } = useSearch({ strict: false }) as KeysSearch;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const go = (key: string | undefined) =>
    void navigate({ to: '/start/admin/keys', search: { key } });
  const keys = useInfiniteQuery({
    queryKey: ['keys'],
    queryFn: ({ pageParam, signal }) => fetchKeys(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
  const found = keys.data?.pages.flatMap((page) => page.results);
  const opened = found?.find(({ id }) => id === open);
  const readAnew = () => void queries.invalidateQueries({ queryKey: ['keys'] });
  const ends = (key: ApiKey) => (key.expires_at ? formatDate(key.expires_at, timeZone) : 'Never');
  const newKey = (
    <button type="button" className="btn primary" onClick={() => go('new')}>
      <Plus size={16} aria-hidden />
      New key
    </button>
  );
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        {keys.error && !found ? (
          <Notice icon={CloudOff} role="alert" title="The keys could not be loaded">
            {keys.error.message}
          </Notice>
        ) : found?.length === 0 ? (
          <Notice icon={KeyRound} title="No API keys yet" action={newKey}>
            With a key another system, such as an ERP, sends challans or follows their changes.
          </Notice>
        ) : (
          <>
            <Toolbar>
              <p className="flex-1 text-ink-2 min-w-[200px]">
                A key never may more than who made it, and ends with their account.
              </p>
              {newKey}
            </Toolbar>
            <Table
              label="API keys"
              columns={['Name', 'May', 'Begins with', 'Last used', 'Ends', 'Made by']}
              widths={['22%', '22%', '130px', '112px', '104px', 'auto']}
              rows={found}
              keyOf={({ id }) => id}
              openKey={open}
              onOpen={({ id }) => go(id)}
              cells={(key) => [
                <span key="name" className="font-medium truncate">
                  {key.name}
                </span>,
                key.scopes.map(scopeLabel).join(', '),
                <code key="prefix">{key.prefix}…</code>,
                <Named key="used" name="Last used">
                  {key.last_used_at ? formatMoment(key.last_used_at, timeZone, today) : 'Never'}
                </Named>,
                <Named key="ends" name="Ends">
                  {ends(key)}
                </Named>,
                <Named key="maker" name="Made by">
                  {key.maker.name}
                </Named>,
              ]}
              more={keys.hasNextPage ? () => void keys.fetchNextPage() : undefined}
            />
          </>
        )}
      </div>
      {open && (
        <Drawer
          key={open}
          title={open === 'new' ? 'New API key' : (opened?.name ?? 'API key')}
          ready={open === 'new' || keys.isFetched}
          onClose={() => go(undefined)}
        >
          {open === 'new' ? (
            <NewKeyForm onMade={readAnew} onClose={() => go(undefined)} />
          ) : opened ? (
            <KeyDetails
              apiKey={opened}
              onRevoked={() => {
                readAnew();
                go(undefined);
              }}
            />
          ) : (
            keys.isFetched && (
              <p role="alert" className="p-4 text-danger">
                There is no such key; it may have been revoked.
              </p>
            )
          )}
        </Drawer>
      )}
    </div>
  );
}

/** A cell that says what it is where there is no head above it. */
function Named({ name, children }: { name: string; children: string }) {
  return (
    <span className="tabular-nums">
      <span className="md:hidden">{name}: </span>
      {children}
    </span>
  );
}
