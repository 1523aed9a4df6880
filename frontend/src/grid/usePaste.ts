import { type RefObject, useEffect, useRef } from 'react';
import { tableOf } from './table';

/** Hears the paste event while the grid has the focus: it works on plain http, unlike the clipboard API. */
export function usePaste(
  grid: RefObject<HTMLDivElement | null>,
  onPaste: (table: string[][]) => void,
): void {
  const latest = useRef(onPaste);
  latest.current = onPaste;
  useEffect(() => {
    const hear = (event: ClipboardEvent) => {
      if (document.activeElement !== grid.current || !event.clipboardData) return;
      event.preventDefault();
      latest.current(tableOf(event.clipboardData));
    };
    document.addEventListener('paste', hear);
    return () => document.removeEventListener('paste', hear);
  }, [grid]);
}

/** Hears rows pasted beside the grid, where nothing is being written: they are new ones. */
export function usePasteBeside(onPaste: (table: string[][]) => void): void {
  useEffect(() => {
    const hear = (event: ClipboardEvent) => {
      const at = document.activeElement;
      const taken = at?.closest('input, textarea, select, [role=grid], [role=dialog]');
      if (taken || !event.clipboardData) return;
      const table = tableOf(event.clipboardData);
      // A word or two is no table.
      if (!table.some((line) => line.length > 1)) return;
      event.preventDefault();
      onPaste(table);
    };
    document.addEventListener('paste', hear);
    return () => document.removeEventListener('paste', hear);
  }, [onPaste]);
}
