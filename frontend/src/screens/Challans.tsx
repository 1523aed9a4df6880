import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import {
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { may } from '../api/accounts';
import type { Order } from '../api/batches';
import { deleteChallan, fetchColumns, nameOf, restoreChallan } from '../api/challans';
import { ProblemError } from '../api/http';
import type { Challan, FieldName, Row } from '../api/types';
import { patchView } from '../api/views';
import { BulkBar } from '../bulk/BulkBar';
import { BulkFoot } from '../bulk/BulkFoot';
import type { CopySource } from '../copy/tableFile';
import { FacetPanel } from '../finding/FacetPanel';
import { marksOf } from '../finding/marks';
import { useFields } from '../finding/useFields';
import { Cards } from '../grid/Cards';
import { type Column, visibleColumns } from '../grid/columns';
import { Grid } from '../grid/Grid';
import { directionOf, nextSort } from '../grid/GridHead';
import { PAGE_SIZE } from '../grid/rowStore';
import { type Box, boxOf, type Selection, START } from '../grid/selection';
import { announce } from '../lib/announce';
import { keep, kept } from '../lib/device';
import { useHotkeys } from '../lib/hotkeys';
import { usePhone } from '../lib/media';
import { plural } from '../lib/text';
import { labelOf } from '../record/fields';
import { placeOf, useMe } from '../shell/session';
import { toast } from '../ui/toasts';
import { did } from '../undo/steps';
import { stepBack } from '../undo/undo';
import { useLayout, useViewsChanged } from '../views/useViews';
import { ViewsMenu } from '../views/ViewsMenu';
import { arranged, ROW_HEIGHTS, type ViewState, withColumn } from '../views/viewState';
import { asksForTrash } from './filter';
import { ListHeader } from './ListHeader';
import { Denied, ListNotice } from './ListNotice';
import { StatusBar } from './StatusBar';
import { TrashBar } from './TrashBar';
import { useChallanList } from './useChallanList';
import { useChoosing } from './useChoosing';
import { searchOf, useViewChoice } from './useViewChoice';
import { useWrites } from './useWrites';
import { WriteLayer } from './WriteLayer';

export interface ChallansSearch {
  q?: string;
  sort?: string;
  /** The saved view that the filter, the order and the columns come from. */
  view?: string;
  /** The record in the drawer: an id, or `new`. */
  record?: string;
}

/** What the copy dialog is about: the rows chosen, else the range; or this very range with its columns. */
interface Copying {
  begin?: FieldName[];
  box?: Box;
}

const NEWEST_FIRST = '-date';

// The list is there first; a record is opened later, or beside it.
const RecordDrawer = lazy(() =>
  import('../record/RecordDrawer').then((module) => ({ default: module.RecordDrawer })),
);

const ViewDialog = lazy(() =>
  import('../views/ViewDialog').then((module) => ({ default: module.ViewDialog })),
);
const CopyDialog = lazy(() =>
  import('../copy/CopyDialog').then((module) => ({ default: module.CopyDialog })),
);
const ColumnsDialog = lazy(() =>
  import('../views/ColumnsDialog').then((module) => ({ default: module.ColumnsDialog })),
);

const BulkDialog = lazy(() =>
  import('../bulk/BulkDialog').then((module) => ({ default: module.BulkDialog })),
);
/** Whether the values beside the grid are shown, as kept on this device. */
const VALUES = 'values-shown';

const focusGrid = () => document.querySelector<HTMLElement>('[role=grid], .scroller')?.focus();

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
  const fields = useFields(allowed.data);
  const allowedFields = useMemo(() => new Set(fields.map(({ field }) => field)), [fields]);
  const marks = useMemo(() => marksOf(q), [q]);
  const [valuesShown, setValuesShown] = useState(() => !phone && kept(VALUES) === 'yes');
  const [dialog, setDialog] = useState<'new' | 'edit' | 'columns' | null>(null);
  const [copying, setCopying] = useState<Copying | null>(null);
  const { store, states, readRows, readPart } = useChallanList(q, sort, columns);
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
  const { views, view, choose } = useViewChoice(search, go);
  const { layout, isChanged: layoutChanged, setLayout, resetLayout } = useLayout(view, columns);
  const viewsChanged = useViewsChanged();
  const shownColumns = useMemo(() => arranged(columns, layout), [columns, layout]);
  const state: ViewState = { q, sort, ...layout };
  const isChanged =
    layoutChanged ||
    (view !== undefined &&
      (q !== (view.state.q ?? '') || sort !== (view.state.sort || NEWEST_FIRST)));
  const onSaveView = async () => {
    if (!view) return;
    try {
      await patchView(view, { state });
      toast(`View “${view.name}” saved`);
      await viewsChanged();
    } catch (error) {
      toast(error instanceof Error ? error.message : 'The view could not be saved.');
      await viewsChanged();
    }
  };
  const onCopyColumns = useCallback(() => setCopying({}), []);
  const onCopyMany = useCallback(
    (wanted: Column[], box: Box) => setCopying({ begin: wanted.map(({ name }) => name), box }),
    [],
  );
  const mayBulk = may(me, 'challan:bulk');
  const { rows, chosen, write } = useWrites(q, {
    store,
    states,
    columns: shownColumns,
    place,
    readRows,
  });
  const choosing = useChoosing(phone, chosen, rows);
  const [bulk, setBulk] = useState<Order['action'] | null>(null);
  useEffect(() => {
    // "Back" on a phone ends the choice that a dialog was about.
    if (chosen > 0) return;
    setBulk(null);
    if (phone) setCopying(null);
  }, [chosen, phone]);
  const [goTo, setGoTo] = useState<{ row: number; column: number } | null>(null);
  const box = boxOf(selection ?? START);
  const onValues = () =>
    setValuesShown((before) => {
      keep(VALUES, before ? null : 'yes');
      return !before;
    });
  const onOpen = useCallback((id: string) => go({ record: id }), [go]);
  const onClose = () => go({ record: undefined });
  const onNew = () => go({ record: 'new' });
  const mayCreate = may(me, 'challan:create');
  const mayDelete = may(me, 'challan:delete');
  const mayUpdate = may(me, 'challan:update');
  const trash = asksForTrash(q);
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
  const restore = async (id: string) => {
    try {
      store.put(await restoreChallan(id));
      if (trash) store.markLeft(id);
      return true;
    } catch (error) {
      toast(error instanceof Error ? error.message : 'It could not be restored.');
      return false;
    }
  };
  const onDelete = async (row: Row) => {
    const name = row.challan_number ? `Challan ${row.challan_number}` : 'The challan';
    let batch: string | undefined;
    try {
      await deleteChallan(row, (made) => {
        batch = made;
        did({ batch: made, what: `deleting ${nameOf(row)}`, moves: true });
      });
    } catch (error) {
      const changed = error instanceof ProblemError && error.status === 412;
      toast(
        changed ? `${name} was changed meanwhile. Look again first.` : (error as Error).message,
      );
      return;
    }
    store.markGone(row.id);
    if (search.record === row.id) onClose();
    toast(`${name} deleted`, { label: 'Undo', run: () => void stepBack('undo', batch) });
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

  const sourceOf = (asked: Copying): CopySource => {
    if (chosen > 0 && !asked.box) {
      const { all } = rows.choice;
      return { count: chosen, read: rows.read, top: 0, whole: all, readPart };
    }
    const { top, bottom } = asked.box ?? box;
    const count = bottom - top + 1;
    const whole = count === store.total;
    return { count, read: () => readRows(top, bottom), top, whole, readPart };
  };

  const refused = list.error instanceof ProblemError ? list.error : null;
  const denied = refused?.status === 403;
  const unread = refused?.status === 400;
  const fault = unread
    ? {
        place: Number(refused.body.place ?? 1),
        message: String(refused.body.expected ?? refused.message),
      }
    : null;
  const empty = list.loaded && list.total === 0;
  const acting = { rows, store, isTrash: trash, onAct: setBulk, onCopy: onCopyColumns };
  const key = `${round} ${q} ${sort}`;
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <ListHeader
          q={q}
          sort={search.sort}
          view={search.view}
          fields={fields}
          allowed={allowedFields}
          total={list.loaded && !list.error && !store.totalCapped ? list.total : null}
          fault={fault}
          bar={chosen > 0 && !phone ? <BulkBar {...acting} onLeave={focusGrid} /> : null}
          mayCreate={mayCreate}
          valuesShown={valuesShown}
          onValues={onValues}
          onSearch={onSearch}
          onNew={onNew}
          views={
            <ViewsMenu
              views={views}
              view={view}
              isChanged={isChanged}
              isTrash={trash}
              mayRestore={mayDelete}
              onChoose={choose}
              onSave={() => void onSaveView()}
              onSaveAs={() => setDialog('new')}
              onEdit={() => setDialog('edit')}
              onReset={() => {
                resetLayout();
                if (view) go(searchOf(view));
              }}
              onColumns={() => setDialog('columns')}
              onTrash={() => go({ view: undefined, q: 'deleted:any', sort: undefined })}
              onSelect={list.total > 0 ? () => choosing.begin() : undefined}
            />
          }
        />
        {trash && (
          <TrashBar
            store={store}
            selection={selection}
            mayRestore={mayDelete && chosen === 0}
            mayBulk={mayBulk}
          />
        )}
        <div className="flex-1 min-h-0 flex">
          {valuesShown && (
            <FacetPanel
              q={fault ? '' : q}
              allowed={allowedFields}
              onSearch={onSearch}
              onClose={onValues}
            />
          )}
          <div className="relative flex-1 min-w-0 min-h-0 flex flex-col">
            {list.newRows > 0 && !denied && (
              <button
                type="button"
                className="btn primary rounded-full absolute z-10 top-11 left-1/2 -translate-x-1/2 shadow-lg"
                onClick={readAnew}
              >
                {plural(list.newRows, 'new row')}
              </button>
            )}
            {list.error !== null || empty ? (
              <ListNotice
                error={list.error}
                q={q}
                mayCreate={mayCreate}
                onNew={onNew}
                onSearch={onSearch}
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
                <Cards
                  key={key}
                  store={store}
                  place={place}
                  marks={marks}
                  rows={rows}
                  choosing={choosing.choosing}
                  onChoose={choosing.begin}
                  onOpen={onOpen}
                />
              ) : (
                <Grid
                  key={key}
                  store={store}
                  states={states}
                  columns={shownColumns}
                  place={place}
                  marks={marks}
                  sort={sort}
                  rowHeight={ROW_HEIGHTS[layout.density]}
                  onWidth={(name, width) => setLayout(withColumn(columns, layout, { name, width }))}
                  mayEdit={mayUpdate}
                  openId={search.record}
                  takeFocus={hadFocus.current}
                  onSort={onSort}
                  onOpen={onOpen}
                  onCopyColumns={onCopyColumns}
                  onCopyMany={onCopyMany}
                  onDelete={(row) => void onDelete(row)}
                  onSelect={setSelection}
                  readRows={readRows}
                  write={write}
                  rows={rows}
                  onDeleteChosen={() => setBulk(trash ? 'restore' : 'delete')}
                  goTo={goTo}
                />
              ))}
            <WriteLayer write={write} columns={shownColumns} onGo={setGoTo} onLeave={focusGrid} />
          </div>
        </div>
        <StatusBar
          store={store}
          columns={shownColumns}
          selection={phone ? null : selection}
          onCopyColumns={onCopyColumns}
        />
        {choosing.choosing && (
          <BulkFoot
            {...acting}
            onLeave={() => {
              choosing.leave();
              focusGrid();
            }}
          />
        )}
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
            onRestore={(record) =>
              void restore(record.id).then((done) => {
                if (done) toast('Restored');
                onClose();
              })
            }
          />
        </Suspense>
      )}
      <Suspense>
        {copying && (
          <CopyDialog
            columns={columns}
            place={place}
            source={sourceOf(copying)}
            begin={copying.begin}
            onClose={() => setCopying(null)}
          />
        )}
        {bulk && (
          <BulkDialog
            action={bulk}
            which={rows.choice.all ? { q } : { ids: rows.choice.list() }}
            count={chosen}
            columns={columns}
            place={place}
            onDone={({ action }) => {
              setBulk(null);
              // What was changed may be changed further; what went is not chosen any more.
              if (action !== 'update' && action !== 'link_invoice') choosing.leave();
            }}
            onClose={() => setBulk(null)}
          />
        )}
        {dialog === 'columns' && (
          <ColumnsDialog
            columns={columns}
            layout={layout}
            onLayout={setLayout}
            onReset={resetLayout}
            onClose={() => setDialog(null)}
          />
        )}
        {(dialog === 'new' || dialog === 'edit') && (
          <ViewDialog
            view={dialog === 'edit' ? view : undefined}
            state={state}
            onDone={(saved) => {
              setDialog(null);
              // What was different here is in the new view now.
              if (dialog === 'new') resetLayout();
              void viewsChanged().then(() => {
                if (dialog === 'new' || !saved) go({ view: saved?.id });
              });
            }}
            onClose={() => setDialog(null)}
          />
        )}
      </Suspense>
    </div>
  );
}
