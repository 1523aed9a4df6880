import type { ReactNode } from 'react';
import { type Layout, ROW_HEIGHT } from './GridRow';
import { type Box, boxOf, type Selection } from './selection';
import type { CellAt } from './useCellEdit';

/** Overlays stay near the window: a rectangle of a million rows is no element. */
const near = (y: number) => Math.max(-4_000, Math.min(8_000, y));

interface OverlaysProps {
  selection: Selection;
  /** Offset of the window, px. */
  top: number;
  layout: Layout;
}

/** The range and the active cell: two rectangles, so that no cell repaints for them. */
export function Overlays({ selection, top, layout }: OverlaysProps) {
  const box = boxOf(selection);
  const left = layout.lefts[selection.column] ?? 0;
  return (
    <>
      {(box.top !== box.bottom || box.left !== box.right) && (
        <Range box={box} top={top} layout={layout} />
      )}
      <div
        aria-hidden
        className="active-cell"
        style={{
          transform: `translate(${left}px,${near(selection.row * ROW_HEIGHT - top)}px)`,
          width: layout.columns[selection.column]?.width,
          height: ROW_HEIGHT,
        }}
      />
    </>
  );
}

function Range({ box, top, layout }: { box: Box; top: number; layout: Layout }) {
  const left = layout.lefts[box.left] ?? 0;
  const right = (layout.lefts[box.right] ?? 0) + (layout.columns[box.right]?.width ?? 0);
  const start = near(box.top * ROW_HEIGHT - top);
  const end = near((box.bottom + 1) * ROW_HEIGHT - top);
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

/**
 * What is drawn over a cell and belongs to it (its editor, its note): a grid may hold rows of cells
 * only, so it is told as one of them.
 */
export function OverCell({ row, column, children }: CellAt & { children: ReactNode }) {
  return (
    <div role="row" aria-rowindex={row + 2} className="contents">
      <div role="gridcell" aria-colindex={column + 1} className="contents">
        {children}
      </div>
    </div>
  );
}
