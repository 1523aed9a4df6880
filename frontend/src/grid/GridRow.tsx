import { memo } from 'react';
import { StagePill } from '../ui/StagePill';
import type { RowStates } from './cellStates';
import { type Column, formatValue, type Place } from './columns';
import type { ShownRow } from './rowStore';

/** Height of a row, px; the style sheet has the same. */
export const ROW_HEIGHT = 32;

export interface Layout {
  columns: Column[];
  /** Left edge of each column, px. */
  lefts: number[];
  width: number;
}

export function layoutOf(columns: Column[]): Layout {
  let width = 0;
  const lefts = columns.map((column) => {
    const left = width;
    width += column.width;
    return left;
  });
  return { columns, lefts, width };
}

export const cellId = (row: number, column: number) => `cell-${row}-${column}`;

/** A change is highlighted once, not again whenever its row is scrolled into view, ms. */
const FLASH = 1_500;
const isFresh = (row: ShownRow) => performance.now() - (row.flashedAt ?? 0) < FLASH;

const NUMERIC = new Set(['amount']);
const TABULAR = new Set(['date', 'moment']);

interface CellProps {
  row: ShownRow;
  column: Column;
  place: Place;
  text: string | undefined;
}

function CellValue({ row, column, place, text }: CellProps) {
  const flashed = row.flash?.[column.name];
  const strong = column.name === 'challan_number';
  const shown = text ?? formatValue(column.kind, row[column.name], place);
  return (
    <span
      key={flashed ?? 0}
      className={`value${flashed && isFresh(row) ? ' hit' : ''}${strong ? ' font-medium' : ''}`}
    >
      {column.kind === 'stage' ? <StagePill row={row} /> : shown || emptyText(column, row)}
    </span>
  );
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
  open: boolean;
}

/** One row; it repaints only when its own row object or states change. */
export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { index, y, row, states, layout, place, open } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="grid-row"
      data-open={open}
      data-gone={row?.gone ?? false}
      data-id={row?.id}
      style={{ transform: `translateY(${y}px)`, width: layout.width }}
    >
      {layout.columns.map((column, i) => {
        const state = states?.[column.name];
        const kind = NUMERIC.has(column.kind)
          ? ' numeric'
          : TABULAR.has(column.kind)
            ? ' tabular'
            : '';
        return (
          <div
            role="gridcell"
            key={column.name}
            id={cellId(index, i)}
            aria-colindex={i + 1}
            aria-readonly={!column.editable || undefined}
            aria-invalid={state?.kind === 'failed' || state?.kind === 'conflict' || undefined}
            data-field={column.name}
            data-state={state?.kind}
            className={`cell${kind}`}
            style={{ left: layout.lefts[i], width: column.width }}
          >
            {row ? (
              <CellValue row={row} column={column} place={place} text={state?.text} />
            ) : (
              <i className="skeleton" aria-hidden />
            )}
          </div>
        );
      })}
    </div>
  );
});
