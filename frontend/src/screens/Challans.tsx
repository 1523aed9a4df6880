import { useQuery } from '@tanstack/react-query';
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
import { fetchColumns } from '../api/challans';
import { ProblemError } from '../api/http';
import { BulkBar } from '../bulk/BulkBar';
import { BulkFoot } from '../bulk/BulkFoot';
import { FacetPanel } from '../finding/FacetPanel';
import { marksOf } from '../finding/marks';
import { useFields } from '../finding/useFields';
import { Cards } from '../grid/Cards';
import { visibleColumns } from '../grid/columns';
import { type GoTo, Grid } from '../grid/Grid';
import { directionOf, nextSort } from '../grid/GridHead';
import { OrderField } from '../grid/OrderField';
import type { Selection } from '../grid/selection';
import { announce } from '../lib/announce';
import { keep, kept } from '../lib/device';
import { useHotkeys } from '../lib/hotkeys';
import { usePhone } from '../lib/media';
import { labelOf } from '../record/fields';
import { placeOf, useMe } from '../shell/session';
import { movedTo, ROW_HEIGHTS, withColumn } from '../views/viewState';
import { asksForTrash } from './filter';
import { ListHeader } from './ListHeader';
import { Denied, ListNotice } from './ListNotice';
import { ListViews } from './ListViews';
import { ManyDialogs } from './ManyDialogs';
import { StatusBar } from './StatusBar';
import { TrashBar } from './TrashBar';
import { useAddress } from './useAddress';
import { useChallanList } from './useChallanList';
import { useChoosing } from './useChoosing';
import { useManyActs } from './useManyActs';
import { useNeighbours } from './useNeighbours';
import { useRecordActs } from './useRecordActs';
import { useShownView } from './useShownView';
import { useWrites } from './useWrites';
import { WriteLayer } from './WriteLayer';

// The list is there first; a record is opened later, or beside it.
const RecordDrawer = lazy(() =>
  import('../record/RecordDrawer').then((module) => ({ default: module.RecordDrawer })),
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
  const address = useAddress();
  const { search, q, sort, go, onSearch } = address;
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
  const { store, states, readRows, readPart } = useChallanList(q, sort, columns);
  const list = useSyncExternalStore(store.subscribe, store.summary);
  const [selection, setSelection] = useState<Selection | null>(null);
  const hadFocus = useRef(false);

  const shown = useShownView(address, columns);
  const { layout, setLayout, shownColumns } = shown;
  const mayBulk = may(me, 'challan:bulk');
  const { rows, chosen, write } = useWrites(q, {
    store,
    states,
    columns: shownColumns,
    place,
    readRows,
  });
  const choosing = useChoosing(phone, chosen, rows);
  const acts = useManyActs({ store, rows, chosen, selection, phone, readRows, readPart });
  const [goTo, setGoTo] = useState<GoTo | null>(null);
  const isPassing = useNeighbours(store, address, (row) =>
    setGoTo({ row, column: selection?.column ?? 0, isBeside: true }),
  );
  const onValues = () =>
    setValuesShown((before) => {
      keep(VALUES, before ? null : 'yes');
      return !before;
    });
  const onOpen = useCallback((id: string) => go({ record: id }), [go]);
  const onNew = () => go({ record: 'new' });
  const mayCreate = may(me, 'challan:create');
  const mayDelete = may(me, 'challan:delete');
  const mayUpdate = may(me, 'challan:update');
  const trash = asksForTrash(q);
  const record = useRecordActs(store, address, trash);
  const { readAnew } = record;
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
  const acting = { rows, store, isTrash: trash, onAct: acts.setBulk, onCopy: acts.copyColumns };
  const key = `${record.round} ${q} ${sort}`;
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
          order={
            phone && (
              <OrderField sort={sort} columns={columns} onSort={(next) => go({ sort: next })} />
            )
          }
          mayCreate={mayCreate}
          valuesShown={valuesShown}
          onValues={onValues}
          onSearch={onSearch}
          onNew={onNew}
          views={
            <ListViews
              shown={shown}
              go={go}
              isTrash={trash}
              mayRestore={mayDelete}
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
                  onMove={(from, to) => {
                    setLayout(movedTo(columns, layout, from.name, to.name));
                    announce(`${from.label} stands where ${to.label} stood`);
                  }}
                  mayEdit={mayUpdate}
                  openId={search.record}
                  takeFocus={hadFocus.current}
                  onSort={onSort}
                  onOpen={onOpen}
                  onCopyColumns={acts.copyColumns}
                  onCopyMany={acts.copyMany}
                  onDelete={(row) => void record.onDelete(row)}
                  onSelect={setSelection}
                  readRows={readRows}
                  write={write}
                  rows={rows}
                  onDeleteChosen={() => acts.setBulk(trash ? 'restore' : 'delete')}
                  goTo={goTo}
                />
              ))}
            <WriteLayer write={write} columns={shownColumns} onGo={setGoTo} onLeave={focusGrid} />
          </div>
        </div>
        <StatusBar
          store={store}
          states={states}
          onOpen={onOpen}
          columns={shownColumns}
          selection={phone ? null : selection}
          onCopyColumns={acts.copyColumns}
          newRows={denied ? 0 : list.newRows}
          onNewRows={readAnew}
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
            id={search.record}
            isPassing={isPassing}
            onClose={record.onClose}
            onSaved={record.onSaved}
            onIssued={record.onIssued}
            onVoided={record.onVoided}
            onPutBack={record.onPutBack}
            onDelete={(row) => void record.onDelete(row)}
            onRestore={(row) => void record.onRestore(row)}
          />
        </Suspense>
      )}
      <ManyDialogs
        acts={acts}
        q={q}
        rows={rows}
        chosen={chosen}
        columns={columns}
        place={place}
        onGone={choosing.leave}
      />
    </div>
  );
}
