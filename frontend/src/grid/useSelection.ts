import { useCallback, useRef, useState } from 'react';
import type { Layout } from './GridRow';
import type { RowStore } from './rowStore';
import { type Box, moveTo, type Selection, START } from './selection';
import type { ScaledScroll } from './useScaledScroll';

/** The range chosen, and moving it with what is shown. */
export function useSelection(
  store: RowStore,
  layout: Layout,
  scroll: ScaledScroll,
  onSelect: (selection: Selection) => void,
) {
  const [selection, setSelection] = useState<Selection>(START);
  const chosen = useRef(selection);
  chosen.current = selection;
  const { show, ref } = scroll;

  const select = useCallback(
    (row: number, column: number, extend: boolean) => {
      const { columns, lefts } = layout;
      const rows = Math.max(1, store.total);
      const after = moveTo(chosen.current, row, column, extend, rows, columns.length);
      setSelection(after);
      show(after.row);
      const width = columns[after.column]?.width ?? 0;
      if (after.column >= layout.pins) {
        showColumn(ref.current, lefts[after.column] ?? 0, width, layout.pinnedWidth);
      }
      onSelect(after);
    },
    [store, layout, show, ref, onSelect],
  );
  /** Chooses a range without moving what is shown; its upper left is the active cell. */
  const selectBox = ({ top, left, bottom, right }: Box) => {
    const range = {
      row: top,
      column: left,
      anchorRow: Math.max(0, Math.min(bottom, store.total - 1)),
      anchorColumn: Math.min(right, layout.columns.length - 1),
    };
    setSelection(range);
    onSelect(range);
  };
  const selectAll = () => {
    const last = { row: Math.max(0, store.total - 1), column: layout.columns.length - 1 };
    const all = { anchorRow: 0, anchorColumn: 0, ...last };
    setSelection(all);
    onSelect(all);
  };
  return { selection, select, selectAll, selectBox };
}

/** Brings a column into the width shown beside the pinned ones. */
function showColumn(
  element: HTMLElement | null,
  left: number,
  width: number,
  pinnedWidth: number,
): void {
  if (!element) return;
  if (left < element.scrollLeft + pinnedWidth) element.scrollLeft = left - pinnedWidth;
  else if (left + width > element.scrollLeft + element.clientWidth) {
    element.scrollLeft = left + width - element.clientWidth;
  }
}
