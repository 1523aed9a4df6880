/** Rows as a text file, where there are more of them than a clipboard should hold. */
import type { FieldName, Row } from '../api/types';
import { type CopyLook, toText } from '../grid/clipboard';
import type { Column, Place } from '../grid/columns';
import { plural } from '../lib/text';

/** Rows of a file at most. */
export const FILE_LIMIT = 100_000;
/** Rows asked for at once: few enough to show how far it is, many enough to be quick. */
export const PART = 5_000;

/** Where a part begins: at an offset, or after the last row of the part before. */
export type PartPlace = { offset: number } | { after: string };

export interface Part {
  rows: Row[];
  /** Rows of the whole list as it is now. */
  total: number;
  /** Cursor of the last row. */
  last: string | null;
}

export type ReadPart = (
  place: PartPlace,
  limit: number,
  columns: FieldName[],
  signal: AbortSignal,
) => Promise<Part>;

/** Which rows are copied. */
export interface CopySource {
  /** How many were promised. */
  count: number;
  /** Reads them, where they are few enough for a clipboard. */
  read: () => Promise<Row[]>;
  /** Position of the first in the list, where they stand side by side. */
  top: number;
  /** Whether they are all of the list. */
  whole: boolean;
  readPart: ReadPart;
}

/** The list is not what it was when the rows were counted: what was read is not what was promised. */
export class Changed extends Error {
  constructor(
    promised: number,
    /** How many there are now; null where nobody knows. */
    readonly now: number | null,
  ) {
    super(
      now === null || now === promised
        ? 'The list changed while it was read, so nothing was saved. Try again.'
        : `There are ${plural(now, 'row')} now instead of ${plural(promised, 'row')}, so nothing was saved. Save again to have these.`,
    );
    this.name = 'Changed';
  }
}

export interface FileOptions {
  columns: Column[];
  place: Place;
  look: CopyLook;
  signal: AbortSignal;
  /** Hears how many rows were read so far. */
  onRead: (rows: number) => void;
}

/**
 * The parts of the file, in order. It holds exactly the rows that were promised, each once, or
 * there is none: a list that changes meanwhile is `Changed`.
 */
export async function textOf(
  { top, count, whole, readPart }: Omit<CopySource, 'read'>,
  { columns, place, look, signal, onRead }: FileOptions,
): Promise<string[]> {
  const names = columns.map(({ name }) => name);
  const ids = new Set<string>();
  const texts: string[] = [];
  let from: PartPlace = { offset: top };
  let total: number | null = null;
  while (ids.size < count) {
    const limit = Math.min(PART, count - ids.size);
    const part = await readPart(from, limit, names, signal);
    const before = ids.size;
    for (const { id } of part.rows) ids.add(id);
    const isMoved = ids.size - before < part.rows.length;
    const isOther = total !== null && total !== part.total;
    if (isMoved || isOther || (whole && part.total !== count) || part.rows.length < limit) {
      throw new Changed(count, whole ? part.total : null);
    }
    total = part.total;
    texts.push(toText(part.rows, columns, place, { ...look, headers: isHeaded(look, texts) }));
    onRead(ids.size);
    if (!part.last) break;
    from = { after: part.last };
  }
  if (ids.size !== count) throw new Changed(count, null);
  return texts;
}

/** The names of columns stand above the first part only, but before each line of a message. */
const isHeaded = (look: CopyLook, texts: string[]) =>
  look.headers && (look.shape === 'message' || texts.length === 0);

/** Between two parts, as between two rows. */
export const between = (look: CopyLook) => (look.shape === 'message' ? '\n\n' : '\r\n');

/** Hands a file over to the browser, which asks where to keep it or puts it among the downloads. */
export function download(name: string, parts: string[], type: string): void {
  // With the mark at the front, Excel reads the text as UTF-8.
  const url = URL.createObjectURL(new Blob(['\ufeff', ...parts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file by then; the memory is not kept until the page is left.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
