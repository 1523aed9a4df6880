import { type MouseEvent, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { FieldName, FieldValue } from '../api/types';
import { BULK_BAR } from '../bulk/acts';
import type { Marks } from '../finding/marks';
import { CellEditor, type Leave } from './CellEditor';
import { CellNotes } from './CellNotes';
import type { CellStates } from './cellStates';
import type { Column, Place } from './columns';
import { tellCutText } from './cutText';
import { GridHead } from './GridHead';
import { ACTIVE_CELL, GridRow, GUTTER, layoutOf } from './GridRow';
import { onGridKey } from './gridKeys';
import { OverCell, Overlays } from './Overlays';
import { extentOf } from './plan';
import { drawnOf, type RowStore, type ShownRow } from './rowStore';
import { lockOf } from './rows';
import { type Box, boxOf, isRange, type Selection } from './selection';
import { type CellAt, useCellEdit } from './useCellEdit';
import { useColumnsShown } from './useColumnsShown';
import { type ReadRows, useCopy } from './useCopy';
import { cellAt, useDrag } from './useDrag';
import { usePaste } from './usePaste';
import type { RangeWrite } from './useRangeWrite';
import type { ChoosingRows } from './useRowChoice';
import { useScaledScroll } from './useScaledScroll';
import { useSelection } from './useSelection';

const HEAD_HEIGHT = 32;
/** Rows asked for beyond those drawn, each way. */
const PREFETCH = 40;

/** A cell that something beside the grid points at; a new object points anew. */
export interface GoTo {
  row: number;
  column: number;
  /** Whether the focus stays where it is. */
  isBeside?: boolean;
}

export interface GridProps {
  store: RowStore;
  states: CellStates;
  columns: Column[];
  place: Place;
  /** What is marked in texts; null where the filter has no words. */
  marks: Marks | null;
  sort: string;
  /** Height of a row, px. */
  rowHeight: number;
  mayEdit: boolean;
  openId: string | undefined;
  /** Whether the grid takes the focus when it appears, as after a sort by its own keys. */
  takeFocus: boolean;
  onSort: (field: string) => void;
  /** A column was drawn to another width, px. */
  onWidth: (field: FieldName, width: number) => void;
  /** A column was dragged to the place of another. */
  onMove: (from: Column, to: Column) => void;
  onOpen: (id: string) => void;
  /** Chosen columns of the chosen rows are to be copied. */
  onCopyColumns: () => void;
  /** These columns of more rows than a clipboard holds are to be copied. */
  onCopyMany: (columns: Column[], box: Box) => void;
  onDelete: (row: ShownRow) => void;
  onSelect: (selection: Selection) => void;
  readRows: ReadRows;
  /** Writing into a range. */
  write: RangeWrite;
  rows: ChoosingRows;
  /** The rows chosen are to be deleted. */
  onDeleteChosen: () => void;
  goTo: GoTo | null;
}

/** The spreadsheet: rows in a scaled scroll, a range of cells, and editing in place. */
export function Grid(props: GridProps) {
  const { store, states, columns, place, takeFocus, rowHeight, write, goTo } = props;
  const { choice } = props.rows;
  useSyncExternalStore(store.subscribe, store.snapshot);
  useSyncExternalStore(states.subscribe, states.snapshot);
  useSyncExternalStore(choice.subscribe, choice.snapshot);
  const rows = store.total;
  const layout = useMemo(() => layoutOf(columns, rowHeight), [columns, rowHeight]);
  const scroll = useScaledScroll(rows, rowHeight, HEAD_HEIGHT);
  const { from, to, top, ref } = scroll;
  const shown = useColumnsShown(ref, layout);
  const { selection, select, selectAll, selectBox } = useSelection(
    store,
    layout,
    scroll,
    props.onSelect,
  );
  const cells = useCellEdit(store, states, columns, place, props.mayEdit);
  const { editing } = cells;

  useEffect(() => store.ensure(from - PREFETCH, to + PREFETCH), [store, from, to]);
  useEffect(() => {
    if (takeFocus) ref.current?.focus({ preventScroll: true });
  }, [takeFocus, ref]);
  const box = boxOf(selection);
  useCopy(ref, store, columns, place, box, props.readRows, props.onCopyMany);
  usePaste(ref, (table) => {
    if (table.length > 0) selectBox(extentOf(table, box));
    write.paste(table, box);
  });
  // What it pointed at before belongs to another list.
  const went = useRef(goTo);
  useEffect(() => {
    if (!goTo || went.current === goTo) return;
    went.current = goTo;
    select(goTo.row, goTo.column, false);
    if (!goTo.isBeside) ref.current?.focus({ preventScroll: true });
  }, [goTo, select, ref]);

  const focus = () => ref.current?.focus({ preventScroll: true });
  const onSave = (value: FieldValue, text: string, leave: Leave) => {
    if (!editing) return;
    cells.commit(value, text);
    if (leave === 'stay') return;
    focus();
    if (leave === 'here') return;
    if (leave === 'down') select(editing.row + 1, editing.column, false);
    else select(editing.row, editing.column + (leave === 'right' ? 1 : -1), false);
  };
  const withRow = (act: (row: ShownRow) => void) => {
    const row = store.get(selection.row);
    if (row) act(row);
  };
  const drag = useDrag(ref, selection, select);
  const onMouseDown = (event: MouseEvent) => {
    const row = boxedRow(event, layout.pins > 0);
    if (row === null) drag(event);
    else {
      // The focus stays with the cells.
      event.preventDefault();
      focus();
      props.rows.press(row, event.shiftKey);
    }
  };
  const at = ({ row, column }: CellAt) => ({
    left: (layout.lefts[column] ?? 0) + (column < layout.pins ? (ref.current?.scrollLeft ?? 0) : 0),
    top: row * rowHeight - top,
    width: columns[column]?.width ?? 0,
    height: rowHeight,
  });
  /** What is in sight of the cells. */
  const room = () => {
    const { scrollLeft = 0, clientWidth = layout.width } = ref.current ?? {};
    return { left: scrollLeft, right: scrollLeft + clientWidth, height: scroll.body };
  };
  const editedColumn = editing && columns[editing.column];
  const isDrawn =
    rows > 0 &&
    selection.row >= from &&
    selection.row <= to &&
    (selection.column < layout.pins ||
      (selection.column >= shown.first && selection.column <= shown.last));
  const activeRow = store.get(selection.row);
  const isLocked =
    activeRow !== undefined &&
    (!props.mayEdit || !columns[selection.column]?.editable || lockOf(activeRow) !== null);
  const drawn = drawnOf(store, from, to, Math.ceil(scroll.body / rowHeight));
  return (
    <div
      ref={ref}
      role="grid"
      tabIndex={0}
      aria-label="Delivery challans"
      aria-rowcount={store.loaded ? rows + 1 : -1}
      aria-busy={!store.loaded}
      aria-colcount={columns.length}
      aria-multiselectable
      aria-activedescendant={isDrawn ? ACTIVE_CELL : undefined}
      className="scroller flex-1 min-h-0"
      data-rows={rowHeight}
      onScroll={scroll.onScroll}
      onKeyDown={(event) =>
        onGridKey(event, {
          rows,
          columns: columns.length,
          page: Math.max(1, Math.floor(scroll.body / rowHeight) - 1),
          selection,
          select,
          selectAll: () => {
            selectAll();
            props.rows.chooseAll();
          },
          edit: (typed) => cells.open(selection, typed),
          list: () => cells.open(selection, undefined, true),
          clear: () => (isRange(selection) ? write.clear(box) : cells.clear(selection)),
          fill: () => write.fill(box),
          chooseRows: () => void props.rows.toggle(box.top, box.bottom),
          openRecord: () => withRow((row) => props.onOpen(row.id)),
          deleteRow: () =>
            choice.count(rows) > 0 ? props.onDeleteChosen() : withRow(props.onDelete),
          sort: () => sortBy(columns[selection.column], props.onSort),
          copyColumns: props.onCopyColumns,
          toBar: () => document.querySelector<HTMLElement>(`#${BULK_BAR} [data-act]`)?.focus(),
          leave: () => {
            if (write.pending) write.cancel();
            else if (choice.count(rows) > 0) choice.clear();
            else ref.current?.blur();
          },
        })
      }
      onMouseDown={onMouseDown}
      onPointerOver={tellCutText}
      onDoubleClick={(event) => {
        const cell = cellAt(event.target);
        if (cell) cells.open(cell);
      }}
    >
      <div
        role="presentation"
        className="relative"
        style={{ height: scroll.spacer + HEAD_HEIGHT, width: layout.width }}
      >
        <GridHead
          grid={ref}
          layout={layout}
          sort={props.sort}
          all={choice.all}
          some={choice.count(rows) > 0}
          onAll={() => (choice.count(rows) > 0 ? choice.clear() : props.rows.chooseAll())}
          onSort={props.onSort}
          onWidth={props.onWidth}
          onMove={props.onMove}
        />
        <div
          role="presentation"
          className="grid-view"
          style={{ top: HEAD_HEIGHT, height: scroll.body, width: layout.width }}
        >
          <div
            role="presentation"
            className="grid-layer"
            style={{ transform: `translate3d(0,${scroll.base - top}px,0)` }}
          >
            {drawn.map((index) => {
              const row = store.get(index);
              return (
                <GridRow
                  key={index % scroll.pool}
                  index={index}
                  y={index * rowHeight - scroll.base}
                  row={row}
                  states={row && states.of(row.id)}
                  layout={layout}
                  active={index === selection.row ? selection.column : -1}
                  first={shown.first}
                  last={shown.last}
                  place={place}
                  marks={props.marks}
                  open={row !== undefined && row.id === props.openId}
                  chosen={row !== undefined && choice.has(row.id)}
                />
              );
            })}
          </div>
          <Overlays selection={selection} top={top} layout={layout} locked={isLocked} />
          <CellNotes
            store={store}
            states={states}
            layout={layout}
            place={place}
            active={selection}
            from={from}
            to={to}
            rectOf={at}
            room={room()}
            onEdit={cells.open}
          />
          {editing && editedColumn && (
            <OverCell row={editing.row} column={editing.column}>
              <CellEditor
                key={`${editing.id} ${editedColumn.name}`}
                column={editedColumn}
                place={place}
                initial={editing.text}
                typed={editing.typed}
                list={editing.list}
                body={scroll.body}
                label={`${editedColumn.label}, row ${editing.row + 1}`}
                style={at(editing)}
                onSave={onSave}
                onRefuse={cells.refuse}
                onCancel={() => {
                  cells.close();
                  focus();
                }}
              />
            </OverCell>
          )}
        </div>
      </div>
    </div>
  );
}

function sortBy(column: Column | undefined, onSort: (field: string) => void): void {
  if (column?.sortable) onSort(column.name);
}

/** The row whose box for choosing it was pressed; it stays at the left beside pinned columns. */
function boxedRow(event: MouseEvent, pinned: boolean): number | null {
  const row = (event.target as HTMLElement).closest('.grid-row');
  if (!row || event.button !== 0) return null;
  const edge = (pinned ? event.currentTarget : row).getBoundingClientRect().left;
  if (event.clientX - edge >= GUTTER) return null;
  return Number(row.getAttribute('aria-rowindex')) - 2;
}
