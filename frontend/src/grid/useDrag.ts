import { type MouseEvent, type RefObject, useCallback, useEffect, useRef } from 'react';
import type { Selection } from './selection';
import type { CellAt } from './useCellEdit';

/** While the pointer is beyond an edge, the range grows this often, ms. */
const BEAT = 50;
/** Pixels beyond the edge for each further row of a beat. */
const FASTER = 24;
/** Height of the heads, which a pointer passes before it is beyond the upper edge, px. */
const HEAD = 32;

/** The cell under an element. */
export function cellAt(target: EventTarget | null): CellAt | null {
  const cell = (target as HTMLElement | null)?.closest?.('.cell[role=gridcell]');
  const row = Number(cell?.parentElement?.closest('[role=row]')?.getAttribute('aria-rowindex'));
  const column = Number(cell?.getAttribute('aria-colindex'));
  return row && column ? { row: row - 2, column: column - 1 } : null;
}

/** How far a point lies beyond a stretch: negative before it, 0 within. */
const beyond = (at: number, from: number, to: number): number =>
  at < from ? at - from : at > to ? at - to : 0;

/** Choosing cells with the mouse: press, drag, or press with Shift; beyond an edge the range goes on by itself. */
export function useDrag(
  grid: RefObject<HTMLDivElement | null>,
  selection: Selection,
  select: (row: number, column: number, extend: boolean) => void,
) {
  const now = useRef({ selection, select });
  now.current = { selection, select };
  const stop = useRef<() => void>(undefined);
  useEffect(() => () => stop.current?.(), []);

  return useCallback(
    (event: MouseEvent) => {
      const cell = cellAt(event.target);
      const element = grid.current;
      if (!cell || !element || event.button !== 0) return;
      select(cell.row, cell.column, event.shiftKey);
      let x = event.clientX;
      let y = event.clientY;
      const grow = () => {
        const box = element.getBoundingClientRect();
        const down = beyond(y, box.top + HEAD, box.top + element.clientHeight);
        const right = beyond(x, box.left, box.left + element.clientWidth);
        if (down === 0 && right === 0) return;
        const { row, column } = now.current.selection;
        const rows = Math.sign(down) * Math.ceil(Math.abs(down) / FASTER);
        now.current.select(row + rows, column + Math.sign(right), true);
      };
      const timer = setInterval(grow, BEAT);
      const onMove = (move: globalThis.MouseEvent) => {
        if (move.buttons !== 1) {
          end();
          return;
        }
        x = move.clientX;
        y = move.clientY;
        const over = element.contains(move.target as Node) ? cellAt(move.target) : null;
        const { row, column } = now.current.selection;
        if (over && (over.row !== row || over.column !== column)) {
          now.current.select(over.row, over.column, true);
        }
      };
      const end = () => {
        clearInterval(timer);
        window.removeEventListener('mousemove', onMove);
        window.removeEventListener('mouseup', end);
      };
      stop.current?.();
      stop.current = end;
      window.addEventListener('mousemove', onMove);
      window.addEventListener('mouseup', end);
    },
    [grid, select],
  );
}
