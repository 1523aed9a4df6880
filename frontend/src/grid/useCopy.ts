import { type RefObject, useEffect } from 'react';
import type { Row } from '../api/types';
import { formatCount, plural } from '../lib/text';
import { toast } from '../ui/toasts';
import { COPY_LIMIT, toClipboard } from './clipboard';
import type { Column, Place } from './columns';
import type { RowStore } from './rowStore';
import type { Box } from './selection';

/** Reads rows `top` to `bottom` for a copy, past the window store. */
export type ReadRows = (top: number, bottom: number) => Promise<Row[]>;

/**
 * Copies the chosen range on the copy event. Rows that are not held are read first: never is a part
 * copied in silence.
 */
export function useCopy(
  grid: RefObject<HTMLDivElement | null>,
  store: RowStore,
  columns: Column[],
  place: Place,
  box: Box,
  readRows: ReadRows,
): void {
  const { top, bottom, left, right } = box;
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      if (document.activeElement !== grid.current) return;
      event.preventDefault();
      const chosen = columns.slice(left, right + 1);
      const count = bottom - top + 1;
      if (count > COPY_LIMIT) {
        toast(
          `Up to ${formatCount(COPY_LIMIT)} rows can be copied; ${formatCount(count)} are chosen.`,
        );
        return;
      }
      const held = heldRows(store, top, bottom);
      if (held) {
        const { tsv, html } = toClipboard(held, chosen, place);
        event.clipboardData?.setData('text/plain', tsv);
        event.clipboardData?.setData('text/html', html);
        toast(`Copied ${plural(count, 'row')}.`);
        return;
      }
      void copyLater(readRows(top, bottom), count, chosen, place);
    };
    document.addEventListener('copy', onCopy);
    return () => document.removeEventListener('copy', onCopy);
  }, [grid, store, columns, place, top, bottom, left, right, readRows]);
}

function heldRows(store: RowStore, top: number, bottom: number): Row[] | null {
  const rows: Row[] = [];
  for (let index = top; index <= bottom; index++) {
    const row = store.get(index);
    if (!row) return null;
    rows.push(row);
  }
  return rows;
}

async function copyLater(reading: Promise<Row[]>, count: number, columns: Column[], place: Place) {
  if (!('clipboard' in navigator) || typeof ClipboardItem === 'undefined') {
    toast('Scroll through the range once, then copy: this page is not served over https.');
    return;
  }
  const copied = reading.then((rows) => {
    if (rows.length !== count) throw new Error('The list changed while it was read. Copy again.');
    return toClipboard(rows, columns, place);
  });
  const blob = (type: string, text: Promise<string>) =>
    text.then((content) => new Blob([content], { type }));
  try {
    // The item is promised, so that the browser still counts this as the person's own act.
    await navigator.clipboard.write([
      new ClipboardItem({
        'text/plain': blob(
          'text/plain',
          copied.then((c) => c.tsv),
        ),
        'text/html': blob(
          'text/html',
          copied.then((c) => c.html),
        ),
      }),
    ]);
    toast(`Copied ${plural(count, 'row')}.`);
  } catch (error) {
    toast(error instanceof Error ? error.message : 'The range could not be copied.');
  }
}
