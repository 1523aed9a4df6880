import { memo } from 'react';
import { marked } from '../finding/marked';
import type { Marks } from '../finding/marks';
import { StagePill } from '../ui/StagePill';
import type { RowStates } from './cellStates';
import { type Column, formatValue, type Place } from './columns';
import type { ShownRow } from './rowStore';
import { lockOf } from './rows';

export interface Layout {
  columns: Column[];
  /** Left edge of each column, px. */
  lefts: number[];
  width: number;
  /** How many columns at the left stay in sight, and their width together with the boxes of rows, px. */
  pins: number;
  pinnedWidth: number;
  /** Height of a row, px. */
  rowHeight: number;
}

/** Height of a row unless the person wants another, px. */
export const ROW_HEIGHT = 32;

/** Width at the left of a row where its box for choosing it stands, px. */
export const GUTTER = 34;

/** Where columns stand; pinned ones come first. */
export function layoutOf(columns: Column[], rowHeight = ROW_HEIGHT): Layout {
  let width = GUTTER;
  const lefts = columns.map((column) => {
    const left = width;
    width += column.width;
    return left;
  });
  const firstFree = columns.findIndex(({ pinned }) => !pinned);
  const pins = firstFree < 0 ? columns.length : firstFree;
  const pinnedWidth = lefts[pins] ?? width;
  return { columns, lefts, width, pins, pinnedWidth, rowHeight };
}

/** The id of the active cell, for the grid to point at; no other cell needs one. */
export const ACTIVE_CELL = 'active-cell';

/** A change is highlighted once, not again whenever its row is scrolled into view, ms. */
const FLASH = 1_500;
const isFresh = (row: ShownRow) => performance.now() - (row.flashedAt ?? 0) < FLASH;

const NUMERIC = new Set(['amount']);
const TABULAR = new Set(['date', 'moment']);

const VALUE: Partial<Record<string, string>> = { challan_number: 'value font-medium' };

interface CellProps {
  /** Undefined until it is read; its cells stay, so that the next row only changes their texts. */
  row: ShownRow | undefined;
  column: Column;
  place: Place;
  text: string | undefined;
  marks: Marks | null;
}

function CellValue({ row, column, place, text, marks }: CellProps) {
  if (!row) return <span key={0} className={VALUE[column.name] ?? 'value'} />;
  const flashed = row.flash?.[column.name];
  const shown = text ?? formatValue(column.kind, row[column.name], place);
  return (
    <span
      key={flashed ?? 0}
      className={`${VALUE[column.name] ?? 'value'}${flashed && isFresh(row) ? ' hit' : ''}`}
    >
      {contentOf(column, row, shown, marks)}
    </span>
  );
}

function contentOf(column: Column, row: ShownRow, text: string, marks: Marks | null) {
  if (column.kind === 'stage') return <StagePill row={row} />;
  if (!text) return emptyText(column, row);
  const shown = marked(text, column.name, marks);
  // Behind the ellipsis a mark would still be drawn into the cell's edge.
  return shown === text ? text : <span className="cut">{shown}</span>;
}

function emptyText(column: Column, row: ShownRow) {
  if (row.hidden?.includes(column.name)) return <span className="text-ink-2">Hidden</span>;
  if (column.name === 'challan_number') return <span className="text-ink-2">No number</span>;
  return null;
}

interface GridRowProps {
  index: number;
  /** Offset within the layer, px. */
  y: number;
  row: ShownRow | undefined;
  states: RowStates | undefined;
  layout: Layout;
  place: Place;
  /** What is marked in texts; null where the filter has no words. */
  marks: Marks | null;
  open: boolean;
  /** Whether the row is one of those chosen. */
  chosen: boolean;
  /** The column of the active cell where that is in this row, else -1. */
  active: number;
  /** The first and last column that are in sight. */
  first: number;
  last: number;
}

/** One row; it repaints only when its own row object or states change. */
export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { index, y, row, layout, open, chosen, first, last } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="grid-row"
      aria-selected={chosen}
      aria-busy={row ? undefined : true}
      data-open={open}
      data-gone={row?.gone ?? false}
      data-left={row?.left ?? false}
      data-id={row?.id}
      style={{ transform: `translateY(${y}px)`, width: layout.width }}
    >
      {layout.pins > 0 && (
        <div role="presentation" className="grid-pins" style={{ width: layout.pinnedWidth }}>
          {layout.columns.slice(0, layout.pins).map((_, i) => cellOf(props, i))}
        </div>
      )}
      {layout.columns.slice(first, last + 1).map((_, i) => cellOf(props, first + i))}
    </div>
  );
});

function cellOf({ row, states, layout, place, marks, active }: GridRowProps, at: number) {
  const column = layout.columns[at] as Column;
  const state = states?.[column.name];
  const kind = NUMERIC.has(column.kind) ? ' numeric' : TABULAR.has(column.kind) ? ' tabular' : '';
  return (
    <div
      role="gridcell"
      key={column.name}
      id={active === at ? ACTIVE_CELL : undefined}
      aria-colindex={at + 1}
      aria-readonly={!column.editable || (row && lockOf(row) !== null) || undefined}
      aria-invalid={state?.kind === 'failed' || state?.kind === 'conflict' || undefined}
      data-field={column.name}
      data-state={state?.kind}
      className={`cell${kind}`}
      style={{ left: layout.lefts[at], width: column.width }}
    >
      <CellValue row={row} column={column} place={place} text={state?.text} marks={marks} />
    </div>
  );
}
