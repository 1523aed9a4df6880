import { type RefObject, useEffect } from 'react';
import type { Row } from '../api/types';
import { plural } from '../lib/text';
import { toast } from '../ui/toasts';
import { COPY_LIMIT, type Copied, type CopyLook, toClipboard } from './clipboard';
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
  onTooMany: (columns: Column[], box: Box) => void,
): void {
  const { top, bottom, left, right } = box;
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      if (document.activeElement !== grid.current) return;
      event.preventDefault();
      const chosen = columns.slice(left, right + 1);
      const count = bottom - top + 1;
      if (count > COPY_LIMIT) {
        onTooMany(chosen, { top, bottom, left, right });
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
      void copyRows(readRows(top, bottom), count, chosen, place);
    };
    document.addEventListener('copy', onCopy);
    return () => document.removeEventListener('copy', onCopy);
  }, [grid, store, columns, place, top, bottom, left, right, readRows, onTooMany]);
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

/** Copies rows that are still being read; says whether it went well. */
export async function copyRows(
  reading: Promise<Row[]>,
  count: number,
  columns: Column[],
  place: Place,
  look?: CopyLook,
): Promise<boolean> {
  const copied = reading.then((rows) => {
    if (rows.length !== count) throw new Error('The list changed while it was read. Copy again.');
    return toClipboard(rows, columns, place, look);
  });
  try {
    // The event first: it takes the table as it is, and works on plain http.
    if (!byEvent(await copied)) await byApi(await copied);
    toast(`Copied ${plural(count, 'row')}.`);
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : 'The range could not be copied.');
    return false;
  }
}

/**
 * Where the event is refused, since reading took longer than a press of a key counts. The browser
 * parses the table in this page, where the content security policy refuses styles: it goes without.
 */
async function byApi({ tsv, html }: Copied): Promise<void> {
  if (!('clipboard' in navigator) || typeof ClipboardItem === 'undefined') {
    throw new Error('The browser did not let the rows be copied. Try once more.');
  }
  const blob = (type: string, text: string) => new Blob([text], { type });
  const plain = html.replaceAll(/ style='[^']*'/g, '');
  await navigator.clipboard.write([
    new ClipboardItem({
      'text/plain': blob('text/plain', tsv),
      'text/html': blob('text/html', plain),
    }),
  ]);
}

/** By the copy event; false where the browser refuses that. */
function byEvent({ tsv, html }: Copied): boolean {
  const put = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', tsv);
    event.clipboardData?.setData('text/html', html);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener('copy', put, { capture: true, once: true });
  const done = document.execCommand('copy');
  document.removeEventListener('copy', put, { capture: true });
  return done;
}
