import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Layout } from './GridRow';
import { type Box, boxOf, type Selection } from './selection';
import type { CellAt } from './useCellEdit';

/** Overlays stay near the window: a rectangle of a million rows is no element. */
const near = (y: number) => Math.max(-4_000, Math.min(8_000, y));

interface OverlaysProps {
  selection: Selection;
  /** Offset of the window, px. */
  top: number;
  layout: Layout;
  /** Whether the active cell is read only. */
  locked: boolean;
}

/**
 * The range and the active cell: rectangles, so that no cell repaints for them. What of them lies
 * over pinned columns stays in sight with those.
 */
export function Overlays({ selection, top, layout, locked }: OverlaysProps) {
  const box = boxOf(selection);
  const { pins } = layout;
  const isRange = box.top !== box.bottom || box.left !== box.right;
  const parts: [Box, boolean][] = [];
  if (isRange && box.left < pins) {
    parts.push([{ ...box, right: Math.min(box.right, pins - 1) }, true]);
  }
  if (isRange && box.right >= pins) parts.push([{ ...box, left: Math.max(box.left, pins) }, false]);
  const { row, column } = selection;
  const cell = { top: row, bottom: row, left: column, right: column };
  return (
    <>
      {parts.map(([part, pinned]) => (
        <Rectangle
          key={String(pinned)}
          box={part}
          pinned={pinned}
          top={top}
          layout={layout}
          joined={parts.length > 1}
        />
      ))}
      <Rectangle
        box={cell}
        pinned={column < pins}
        top={top}
        layout={layout}
        active
        locked={locked}
      />
    </>
  );
}

interface RectangleProps {
  box: Box;
  pinned: boolean;
  top: number;
  layout: Layout;
  /** Whether the range goes on at the edge of the pinned columns, where no line cuts it. */
  joined?: boolean;
  active?: boolean;
  locked?: boolean;
}

function Rectangle(props: RectangleProps) {
  const { box, pinned, top, layout, joined = false, active = false, locked = false } = props;
  const left = layout.lefts[box.left] ?? 0;
  const right = (layout.lefts[box.right] ?? 0) + (layout.columns[box.right]?.width ?? 0);
  const start = near(box.top * layout.rowHeight - top);
  const end = near((box.bottom + 1) * layout.rowHeight - top);
  const drawn = (
    <div
      aria-hidden
      className={active ? 'active-cell' : 'range'}
      style={{
        transform: `translate(${left}px,${start}px)`,
        width: right - left,
        height: end - start,
        borderRightWidth: joined && pinned ? 0 : undefined,
        borderLeftWidth: joined && !pinned ? 0 : undefined,
      }}
    >
      {locked && <Lock size={10} className="cell-lock" />}
    </div>
  );
  return pinned ? (
    <div role="presentation" className="grid-pinned-overlay">
      {drawn}
    </div>
  ) : (
    drawn
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
