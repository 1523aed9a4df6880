import {
  type KeyboardEvent,
  type MouseEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { FieldValue } from '../api/types';
import { announce } from '../lib/announce';
import { CellEditor, type Leave } from './CellEditor';
import { CellNotes } from './CellNotes';
import type { CellStates } from './cellStates';
import { type Column, changesFor, formatValue, type Place } from './columns';
import { GridHead } from './GridHead';
import { cellId, GridRow, layoutOf } from './GridRow';
import type { RowStore, ShownRow } from './rowStore';
import { sameValue } from './rows';
import { saveCell } from './saveCell';
import { boxOf, moveTo, type Selection, START, targetOf } from './selection';
import { type ReadRows, useCopy } from './useCopy';
import { useScaledScroll } from './useScaledScroll';

export const ROW_HEIGHT = 32;
const HEAD_HEIGHT = 32;
/** Rows asked for beyond those drawn, each way. */
const PREFETCH = 40;

export interface GridProps {
  store: RowStore;
  states: CellStates;
  columns: Column[];
  place: Place;
  sort: string;
  mayEdit: boolean;
  openId: string | undefined;
  /** Whether the grid takes the focus when it appears, as after a sort by its own keys. */
  takeFocus: boolean;
  onSort: (field: string) => void;
  onOpen: (id: string) => void;
  onDelete: (row: ShownRow) => void;
  onSelect: (selection: Selection) => void;
  readRows: ReadRows;
}

interface Editing {
  id: string;
  /** The version the person saw when they began; a change made since must not be overwritten. */
  version: number;
  row: number;
  column: number;
  text: string;
  typed: boolean;
}

export function Grid(props: GridProps) {
  const { store, states, columns, place, mayEdit, onOpen } = props;
  useSyncExternalStore(store.subscribe, store.snapshot);
  useSyncExternalStore(states.subscribe, states.snapshot);
  const rows = store.total;
  const scroll = useScaledScroll(rows, ROW_HEIGHT, HEAD_HEIGHT);
  const layout = useMemo(() => layoutOf(columns), [columns]);
  const [selection, setSelection] = useState<Selection>(START);
  const [editing, setEditing] = useState<Editing | null>(null);
  const chosen = useRef(selection);
  chosen.current = selection;
  const dragging = useRef(false);
  const box = boxOf(selection);

  useEffect(
    () => store.ensure(scroll.from - PREFETCH, scroll.to + PREFETCH),
    [store, scroll.from, scroll.to],
  );
  const { takeFocus } = props;
  useEffect(() => {
    if (takeFocus) scroll.ref.current?.focus({ preventScroll: true });
  }, [takeFocus, scroll.ref]);
  useCopy(scroll.ref, store, columns, place, box, props.readRows);

  const { onSelect } = props;
  const select = useCallback(
    (row: number, column: number, extend: boolean) => {
      const rowCount = Math.max(1, store.total);
      const after = moveTo(chosen.current, row, column, extend, rowCount, columns.length);
      const width = columns[after.column]?.width ?? 0;
      setSelection(after);
      scroll.show(after.row);
      showColumn(scroll.ref.current, layout.lefts[after.column] ?? 0, width);
      onSelect(after);
    },
    [store, columns, layout, scroll.show, scroll.ref, onSelect],
  );

  const edit = (at: { row: number; column: number }, typed?: string) => {
    const row = store.get(at.row);
    const column = columns[at.column];
    if (!row || !column || row.gone) return;
    if (!mayEdit || !column.editable) {
      announce(`${column.label} cannot be edited here`);
      return;
    }
    if (column.kind === 'yesno' && typed === undefined) {
      save(row, column, row[column.name] !== true, '', row.version);
      return;
    }
    const kept = states.of(row.id)?.[column.name];
    const text = typed ?? kept?.text ?? formatValue(column.kind, row[column.name], place);
    const { id, version } = row;
    setEditing({ id, version, ...at, text, typed: typed !== undefined });
  };

  const save = (
    row: ShownRow,
    column: Column,
    value: FieldValue,
    text: string,
    baseVersion: number,
  ) => {
    const unchanged = sameValue(value, row[column.name] ?? null);
    if (unchanged && !states.of(row.id)?.[column.name]) return;
    const shown = text || formatValue(column.kind, value, place);
    const changes = changesFor(row, column.name, value, place);
    const change = { id: row.id, baseVersion, field: column.name, text: shown, changes };
    void saveCell(change, store, states).then((saved) => {
      if (!saved) announce(`${column.label} was not saved`);
    });
  };

  const close = () => {
    setEditing(null);
    scroll.ref.current?.focus({ preventScroll: true });
  };

  const onSave = (value: FieldValue, text: string, leave: Leave) => {
    if (!editing) return;
    const row = store.find(editing.id);
    const column = columns[editing.column];
    if (row && column) save(row, column, value, text, editing.version);
    if (leave === 'stay') {
      setEditing(null);
      return;
    }
    close();
    if (leave === 'down') select(editing.row + 1, editing.column, false);
    else select(editing.row, editing.column + (leave === 'right' ? 1 : -1), false);
  };

  const clear = () => {
    const row = store.get(selection.row);
    const column = columns[selection.column];
    if (!row || !column?.editable || !mayEdit) return;
    const empty: FieldValue = column.kind === 'list' ? [] : column.kind === 'yesno' ? false : null;
    save(row, column, empty, '', row.version);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const ctrl = event.ctrlKey || event.metaKey;
    const row = store.get(selection.row);
    const page = Math.max(1, Math.floor(scroll.body / ROW_HEIGHT) - 1);
    const target = targetOf(event.key, ctrl, selection, rows, columns.length, page);
    if (target) select(target[0], target[1], event.shiftKey);
    else if (event.key === 'Tab') {
      const next = selection.column + (event.shiftKey ? -1 : 1);
      // At the edges Tab leaves the grid, so that nobody is caught in it.
      if (next < 0 || next >= columns.length) return;
      select(selection.row, next, false);
    } else if (event.key === 'Enter' || event.key === 'F2') edit(selection);
    else if (event.key === ' ' && row) onOpen(row.id);
    else if (event.key === 'Escape') scroll.ref.current?.blur();
    else if (event.key === 'Delete') clear();
    else if (ctrl && event.key === '-' && row) props.onDelete(row);
    else if (ctrl && event.key === ';') edit(selection, 'today');
    else if (ctrl && event.key === 'a') selectAll();
    else if (event.altKey && event.key === 's') props.onSort(columns[selection.column]?.name ?? '');
    else if (event.key.length === 1 && !ctrl && !event.altKey) edit(selection, event.key);
    else return;
    event.preventDefault();
  };

  const selectAll = () => {
    const all = { anchorRow: 0, anchorColumn: 0, row: rows - 1, column: columns.length - 1 };
    setSelection(all);
    onSelect(all);
  };

  const onMouseDown = (event: MouseEvent) => {
    const at = cellAt(event.target);
    if (!at || event.button !== 0) return;
    dragging.current = true;
    select(at.row, at.column, event.shiftKey);
  };
  const onMouseMove = (event: MouseEvent) => {
    if (!dragging.current || event.buttons !== 1) return;
    const at = cellAt(event.target);
    if (at) select(at.row, at.column, true);
  };

  const drawn = Array.from({ length: scroll.to - scroll.from + 1 }, (_, i) => scroll.from + i);
  const isDrawn = selection.row >= scroll.from && selection.row <= scroll.to;
  const at = (row: number, column: number) => ({
    left: layout.lefts[column] ?? 0,
    top: row * ROW_HEIGHT - scroll.top,
    width: columns[column]?.width ?? 0,
  });
  const active = at(selection.row, selection.column);
  const editedColumn = editing && columns[editing.column];
  return (
    <div
      ref={scroll.ref}
      role="grid"
      tabIndex={0}
      aria-label="Delivery challans"
      aria-rowcount={rows + 1}
      aria-colcount={columns.length}
      aria-multiselectable
      aria-activedescendant={isDrawn ? cellId(selection.row, selection.column) : undefined}
      className="scroller group flex-1 min-h-0"
      onScroll={scroll.onScroll}
      onKeyDown={onKeyDown}
      onMouseDown={onMouseDown}
      onMouseMove={onMouseMove}
      onMouseUp={() => {
        dragging.current = false;
      }}
      onDoubleClick={(event) => {
        const cell = cellAt(event.target);
        if (cell) edit(cell);
      }}
    >
      <div
        role="presentation"
        style={{ height: scroll.spacer + HEAD_HEIGHT, width: layout.width, position: 'relative' }}
      >
        <GridHead layout={layout} sort={props.sort} onSort={props.onSort} />
        <div
          role="presentation"
          className="grid-view"
          style={{ top: HEAD_HEIGHT, height: scroll.body, width: layout.width }}
        >
          <div
            role="presentation"
            className="grid-layer"
            style={{ transform: `translate3d(0,${scroll.base - scroll.top}px,0)` }}
          >
            {rows > 0 &&
              drawn.map((index) => {
                const row = store.get(index);
                return (
                  <GridRow
                    key={index % scroll.pool}
                    index={index}
                    y={index * ROW_HEIGHT - scroll.base}
                    row={row}
                    states={row && states.of(row.id)}
                    layout={layout}
                    place={place}
                    open={row !== undefined && row.id === props.openId}
                  />
                );
              })}
          </div>
          <RangeOverlay box={box} top={scroll.top} layout={layout} />
          <div
            aria-hidden
            className="active-cell"
            style={{
              transform: `translate(${active.left}px,${clampOverlay(active.top)}px)`,
              width: active.width,
              height: ROW_HEIGHT,
            }}
          />
          <CellNotes
            store={store}
            states={states}
            columns={columns}
            place={place}
            from={scroll.from}
            to={scroll.to}
            at={at}
            onEdit={(cell) => edit(cell)}
          />
          {editing && editedColumn && (
            <CellEditor
              key={`${editing.id} ${editedColumn.name}`}
              column={editedColumn}
              place={place}
              initial={editing.text}
              typed={editing.typed}
              label={`${editedColumn.label}, row ${editing.row + 1}`}
              style={at(editing.row, editing.column)}
              onSave={onSave}
              onCancel={close}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function RangeOverlay(props: {
  box: ReturnType<typeof boxOf>;
  top: number;
  layout: { lefts: number[]; columns: Column[] };
}) {
  const { box, top, layout } = props;
  if (box.top === box.bottom && box.left === box.right) return null;
  const left = layout.lefts[box.left] ?? 0;
  const right = (layout.lefts[box.right] ?? 0) + (layout.columns[box.right]?.width ?? 0);
  // Both edges stay near the window: a rectangle of a million rows is no element.
  const start = clampOverlay(box.top * ROW_HEIGHT - top);
  const end = clampOverlay((box.bottom + 1) * ROW_HEIGHT - top);
  return (
    <div
      aria-hidden
      className="range"
      style={{
        transform: `translate(${left}px,${start}px)`,
        width: right - left,
        height: end - start,
      }}
    />
  );
}

const clampOverlay = (y: number) => Math.max(-4_000, Math.min(8_000, y));

/** Brings a column into the width shown. */
function showColumn(element: HTMLElement | null, left: number, width: number): void {
  if (!element) return;
  if (left < element.scrollLeft) element.scrollLeft = left;
  else if (left + width > element.scrollLeft + element.clientWidth) {
    element.scrollLeft = left + width - element.clientWidth;
  }
}

function cellAt(target: EventTarget): { row: number; column: number } | null {
  const cell = (target as HTMLElement).closest('[role=gridcell]');
  const match = cell && /^cell-(\d+)-(\d+)$/.exec(cell.id);
  return match ? { row: Number(match[1]), column: Number(match[2]) } : null;
}
