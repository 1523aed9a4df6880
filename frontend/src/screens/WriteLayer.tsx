import { lazy, Suspense } from 'react';
import type { Column } from '../grid/columns';
import type { CellAt } from '../grid/useCellEdit';
import type { RangeWrite } from '../grid/useRangeWrite';

const ChangePanel = lazy(() =>
  import('../grid/ChangePanel').then((module) => ({ default: module.ChangePanel })),
);

interface WriteLayerProps {
  write: RangeWrite;
  columns: Column[];
  /** Goes to a cell that was refused. */
  onGo: (cell: CellAt) => void;
  /** Back to the grid. */
  onLeave: () => void;
}

/** Over the grid: what a paste, a fill or a clear would do, and that it is being worked out. */
export function WriteLayer({ write, columns, onGo, onLeave }: WriteLayerProps) {
  return (
    <>
      {write.busy && (
        <p role="status" className="floating absolute z-20 bottom-3 right-3 px-4 py-2 text-ink-2">
          {write.busy}
        </p>
      )}
      {write.pending && (
        <Suspense>
          <ChangePanel
            judged={write.pending}
            onApply={() => {
              write.apply();
              onLeave();
            }}
            onCancel={() => {
              write.cancel();
              onLeave();
            }}
            onGo={({ at, field }) => {
              const column = columns.findIndex(({ name }) => name === field);
              onGo({ row: at, column: Math.max(0, column) });
            }}
          />
        </Suspense>
      )}
    </>
  );
}
