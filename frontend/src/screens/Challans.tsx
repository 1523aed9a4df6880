import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import {
  lazy,
  Suspense,
  useCallback,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { may } from '../api/accounts';
import { deleteChallan, fetchColumns, restoreChallan } from '../api/challans';
import { ProblemError } from '../api/http';
import type { Challan, Row } from '../api/types';
import { Cards } from '../grid/Cards';
import { visibleColumns } from '../grid/columns';
import { Grid } from '../grid/Grid';
import { directionOf, nextSort } from '../grid/GridHead';
import { PAGE_SIZE } from '../grid/rowStore';
import type { Selection } from '../grid/selection';
import { announce } from '../lib/announce';
import { useHotkeys } from '../lib/hotkeys';
import { usePhone } from '../lib/media';
import { plural } from '../lib/text';
import { labelOf } from '../record/fields';
import { placeOf, useMe } from '../shell/session';
import { toast } from '../ui/toasts';
import { Denied, ListNotice } from './ListNotice';
import { SearchBox } from './SearchBox';
import { StageTabs } from './StageTabs';
import { StatusBar } from './StatusBar';
import { useChallanList } from './useChallanList';

export interface ChallansSearch {
  q?: string;
  sort?: string;
  /** The record in the drawer: an id, or `new`. */
  record?: string;
}

const NEWEST_FIRST = '-date';

// The list is there first; a record is opened later, or beside it.
const RecordDrawer = lazy(() =>
  import('../record/RecordDrawer').then((module) => ({ default: module.RecordDrawer })),
);

/** The register, for those who may read it. */
export function Challans() {
  if (may(useMe(), 'challan:read')) return <Register />;
  return (
    <>
      <h1 className="sr-only">Challans</h1>
      <Denied />
    </>
  );
}

/** The grid of challans, its search, and the record beside it. */
function Register() {
  const me = useMe();
  const place = useMemo(() => placeOf(me), [me]);
  const phone = usePhone();
  const search = useSearch({ from: '/start/challans' });
  const navigate = useNavigate({ from: '/start/challans' });
  const q = search.q ?? '';
  const sort = search.sort ?? NEWEST_FIRST;
  const allowed = useQuery({
    queryKey: ['columns'],
    queryFn: ({ signal }) => fetchColumns(signal),
    staleTime: 5 * 60_000,
    retry: false,
  });
  const columns = useMemo(() => visibleColumns(allowed.data), [allowed.data]);
  const { store, states, readRows } = useChallanList(q, sort, columns);
  const list = useSyncExternalStore(store.subscribe, store.summary);
  const [selection, setSelection] = useState<Selection | null>(null);
  const [round, setRound] = useState(0);
  const hadFocus = useRef(false);

  const go = useCallback(
    (change: Partial<ChallansSearch>, replace = false) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace }),
    [navigate],
  );
  const onSearch = useCallback((text: string) => go({ q: text.trim() || undefined }, true), [go]);
  const onOpen = useCallback((id: string) => go({ record: id }), [go]);
  const onClose = () => go({ record: undefined });
  const onNew = () => go({ record: 'new' });
  const mayCreate = may(me, 'challan:create');
  useHotkeys({ n: () => mayCreate && onNew() });

  const onSort = useCallback(
    (field: string) => {
      const next = nextSort(sort, field);
      hadFocus.current = document.activeElement?.getAttribute('role') === 'grid';
      announce(`Sorted by ${labelOf(field)}, ${directionOf(next, field)}`);
      go({ sort: next });
    },
    [sort, go],
  );
  const readAnew = () => {
    void store.reload(0, PAGE_SIZE - 1);
    setRound((before) => before + 1);
  };
  const undoDelete = async (id: string) => {
    try {
      store.put(await restoreChallan(id));
    } catch (error) {
      toast(error instanceof Error ? error.message : 'It could not be restored.');
    }
  };
  const onDelete = async (row: Row) => {
    const name = row.challan_number ? `Challan ${row.challan_number}` : 'The challan';
    try {
      await deleteChallan(row.id, row.version);
    } catch (error) {
      const changed = error instanceof ProblemError && error.status === 412;
      toast(
        changed ? `${name} was changed meanwhile. Look again first.` : (error as Error).message,
      );
      return;
    }
    store.markGone(row.id);
    if (search.record === row.id) onClose();
    toast(`${name} deleted`, { label: 'Undo', run: () => void undoDelete(row.id) });
  };
  const onSaved = (saved: Challan, created: boolean) => {
    if (!created) {
      store.put(saved);
      toast('Saved');
      return;
    }
    readAnew();
    toast(saved.challan_number ? `Challan ${saved.challan_number} issued` : 'Draft saved');
    onClose();
  };

  const denied = list.error instanceof ProblemError && list.error.status === 403;
  const unread = list.error instanceof ProblemError && list.error.status === 400;
  const empty = list.loaded && list.total === 0;
  const key = `${round} ${q} ${sort}`;
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <header className="flex flex-none items-center gap-3 h-12 max-md:h-15 px-3 border-b border-line bg-surface">
          <h1 className="text-base font-semibold max-md:sr-only">Challans</h1>
          <span className="flex-1 max-md:hidden" />
          <SearchBox q={q} invalid={unread} onSearch={onSearch} />
          {mayCreate && (
            <button type="button" className="btn primary" onClick={onNew}>
              <Plus size={16} aria-hidden />
              New
            </button>
          )}
        </header>
        <div className="flex flex-none items-center h-11 px-2 border-b border-line bg-surface">
          <StageTabs q={q} sort={search.sort} />
        </div>
        <div className="relative flex-1 min-h-0 flex flex-col">
          {list.newRows > 0 && !denied && (
            <button
              type="button"
              className="btn primary rounded-full absolute z-10 top-11 left-1/2 -translate-x-1/2 shadow-lg"
              onClick={readAnew}
            >
              {q
                ? `${plural(list.newRows, 'new row')} elsewhere or here: look again`
                : plural(list.newRows, 'new row')}
            </button>
          )}
          {list.error !== null || empty ? (
            <ListNotice
              error={list.error}
              q={q}
              mayCreate={mayCreate}
              onNew={onNew}
              onClear={() => onSearch('')}
              onRetry={readAnew}
              stale={list.loaded && !empty}
            />
          ) : null}
          {!empty &&
            !denied &&
            !unread &&
            (list.loaded || list.error === null) &&
            (phone ? (
              <Cards key={key} store={store} place={place} onOpen={onOpen} />
            ) : (
              <Grid
                key={key}
                store={store}
                states={states}
                columns={columns}
                place={place}
                sort={sort}
                mayEdit={may(me, 'challan:update')}
                openId={search.record}
                takeFocus={hadFocus.current}
                onSort={onSort}
                onOpen={onOpen}
                onDelete={(row) => void onDelete(row)}
                onSelect={setSelection}
                readRows={readRows}
              />
            ))}
        </div>
        <StatusBar store={store} columns={columns} selection={phone ? null : selection} />
      </div>
      {search.record && (
        <Suspense>
          <RecordDrawer
            key={search.record}
            id={search.record}
            onClose={onClose}
            onSaved={onSaved}
            onIssued={(issued) => {
              store.put(issued);
              toast(`Challan ${issued.challan_number} issued`);
            }}
            onDelete={(record) => void onDelete(record)}
          />
        </Suspense>
      )}
    </div>
  );
}
