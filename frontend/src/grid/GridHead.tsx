import { ArrowDown, ArrowUp } from 'lucide-react';
import { type RefObject, useRef } from 'react';
import type { FieldName } from '../api/types';
import type { Column } from './columns';
import { GUTTER, type Layout } from './GridRow';
import { type HeadDrag, LINE, lineAt, takenPlace, useHeadDrag } from './useHeadDrag';

interface GridHeadProps {
  /** What scrolls. */
  grid: RefObject<HTMLElement | null>;
  layout: Layout;
  sort: string;
  /** Whether all that match are chosen, or at least some. */
  all: boolean;
  some: boolean;
  onAll: () => void;
  onSort: (field: string) => void;
  onWidth: (field: FieldName, width: number) => void;
  /** A column was dragged to the place of another. */
  onMove: (from: Column, to: Column) => void;
}

/** The direction in which `sort` orders `field`, if it does. */
export function directionOf(sort: string, field: string): 'ascending' | 'descending' | undefined {
  const first = sort.split(',')[0];
  if (first === field) return 'ascending';
  return first === `-${field}` ? 'descending' : undefined;
}

/** Sorting by a column anew starts ascending, then turns. */
export const nextSort = (sort: string, field: string): string =>
  directionOf(sort, field) === 'ascending' ? `-${field}` : field;

export function GridHead(props: GridHeadProps) {
  const { grid, layout, onMove } = props;
  const { drag, onPointerDown } = useHeadDrag(grid, layout, (from, to) => {
    const [column, other] = [layout.columns[from], layout.columns[to]];
    if (column && other) onMove(column, other);
  });
  const heading = (_: unknown, i: number) => (
    <Heading
      key={layout.columns[i]?.name}
      at={i}
      {...props}
      dragged={drag?.from === i}
      onPointerDown={onPointerDown}
    />
  );
  const isPinned = drag !== null && drag.from < layout.pins;
  return (
    <div role="row" aria-rowindex={1} className="grid-head" style={{ width: layout.width }}>
      {layout.pins > 0 && (
        <div role="presentation" className="grid-pins" style={{ width: layout.pinnedWidth }}>
          <AllRows {...props} />
          {layout.columns.slice(0, layout.pins).map(heading)}
          {isPinned && <Line layout={layout} drag={drag} />}
        </div>
      )}
      {layout.pins === 0 && <AllRows {...props} />}
      {layout.columns.slice(layout.pins).map((_, i) => heading(_, layout.pins + i))}
      {drag && !isPinned && <Line layout={layout} drag={drag} />}
    </div>
  );
}

/** The box that chooses all that match; the keyboard has Ctrl A for it. */
function AllRows({ all, some, onAll }: GridHeadProps) {
  return (
    <div role="columnheader" className="cell grid-all" style={{ left: 0, width: GUTTER }}>
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label="Choose all matching"
        checked={all}
        ref={(box) => {
          if (box) box.indeterminate = some && !all;
        }}
        onChange={onAll}
      />
    </div>
  );
}

/** Where the column would stand that is dragged; none where it would stay. */
function Line({ layout, drag }: { layout: Layout; drag: HeadDrag }) {
  if (takenPlace(drag) === null) return null;
  const style = { left: lineAt(layout, drag), width: LINE };
  return <span aria-hidden className="column-line" style={style} />;
}

interface HeadingProps extends GridHeadProps {
  at: number;
  dragged: boolean;
  onPointerDown: ReturnType<typeof useHeadDrag>['onPointerDown'];
}

function Heading(props: HeadingProps) {
  const { layout, sort, onSort, onWidth, at, dragged, onPointerDown } = props;
  const column = layout.columns[at] as Column;
  const direction = directionOf(sort, column.name);
  const Arrow = direction === 'descending' ? ArrowDown : ArrowUp;
  return (
    <div
      role="columnheader"
      aria-colindex={at + 1}
      aria-sort={direction}
      className={`cell${column.kind === 'amount' ? ' numeric' : ''}`}
      data-dragged={dragged || undefined}
      style={{ left: layout.lefts[at], width: column.width }}
      onPointerDown={(event) => onPointerDown(event, at)}
    >
      {column.sortable ? (
        <button
          type="button"
          tabIndex={-1}
          className={`absolute inset-0 flex items-center gap-1 px-[inherit] hover:text-ink ${column.kind === 'amount' ? 'justify-end' : ''} ${direction ? 'text-ink' : ''}`}
          onClick={() => onSort(column.name)}
        >
          <span className="truncate">{column.label}</span>
          {direction && <Arrow size={13} aria-hidden className="flex-none" />}
        </button>
      ) : (
        column.label
      )}
      <Edge column={column} onWidth={onWidth} />
    </div>
  );
}

/** The right edge of a heading, which is drawn to another width. The keyboard has the same under Columns. */
function Edge({ column, onWidth }: { column: Column } & Pick<GridHeadProps, 'onWidth'>) {
  const from = useRef<{ x: number; width: number }>(null);
  return (
    <span
      aria-hidden
      className="column-edge"
      onPointerDown={(event) => {
        event.preventDefault();
        event.stopPropagation();
        from.current = { x: event.clientX, width: column.width };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const start = from.current;
        if (start) onWidth(column.name, start.width + event.clientX - start.x);
      }}
      onPointerUp={() => {
        from.current = null;
      }}
    />
  );
}
