/** What a paste, a fill or a clear is to write: worked out before anything is sent. */
import { MOST_ROWS, type RowChange } from '../api/batches';
import type { Changes, FieldName, FieldValue, Row } from '../api/types';
import { plural } from '../lib/text';
import { type Column, changesFor, formatValue, type Place, parseEntry } from './columns';
import { lockOf, sameValue } from './rows';
import type { Box } from './selection';

/** One row that is to be written. */
export interface PlannedRow {
  /** Its place in the list; for a new one the line of the table, from 0. */
  at: number;
  /** The line of the table that was pasted, from 0, where it is of one row only. */
  line?: number;
  /** Null for a challan that is made. */
  row: Row | null;
  changes: Changes;
  /** What stands in the cells then, as the person would write it. */
  texts: Partial<Record<FieldName, string>>;
}

/** A cell or a row that is not written, and why. */
export interface Refused {
  at: number;
  line?: number;
  row: Row | null;
  /** None where the whole row is refused. */
  field: FieldName | null;
  text: string;
  reason: string;
  /** Somebody else changed it meanwhile: the cell then shows both values. */
  clash?: boolean;
}

/** What is refused, row by row in their order. */
export function byRow(refused: Refused[]): [Refused, ...Refused[]][] {
  const rows = new Map<number, [Refused, ...Refused[]]>();
  for (const one of refused) {
    const others = rows.get(one.at);
    if (others) others.push(one);
    else rows.set(one.at, [one]);
  }
  return [...rows.values()].sort(([a], [b]) => a.at - b.at);
}

export interface Plan {
  rows: PlannedRow[];
  refused: Refused[];
  /** What was left out, in sentences. */
  notes: string[];
}

export type RowAt = (index: number) => (Row & { gone?: boolean }) | undefined;

/** The rows as the server takes them. */
export const sent = (rows: PlannedRow[]): RowChange[] =>
  rows.map(({ row, changes }) =>
    row ? { id: row.id, base_version: row.version, set: changes } : { id: null, set: changes },
  );

/** The cells that are changed. */
export const cellsOf = (rows: PlannedRow[]): number =>
  rows.reduce((sum, { texts }) => sum + Object.keys(texts).length, 0);

const labelsOf = (columns: Column[]): string => {
  const labels = columns.map(({ label }) => label);
  const last = labels.pop();
  return labels.length > 0 ? `${labels.join(', ')} and ${last}` : String(last);
};

/** Gathers what is written into one row after another. */
class Drawing {
  readonly plan: Plan = { rows: [], refused: [], notes: [] };
  private readOnly = new Set<Column>();

  constructor(private readonly place: Place) {}

  /** Begins a row; its cells follow by `text` and `value`, then `end`. */
  row(at: number, row: (Row & { gone?: boolean }) | null, line?: number): PlannedRow | null {
    const reason = row && lockOf(row);
    if (!reason) return { at, line, row, changes: {}, texts: {} };
    this.plan.refused.push({ at, line, row, field: null, text: '', reason });
    return null;
  }

  /** A cell that was given as text; false where it cannot be read. */
  text(planned: PlannedRow, column: Column, text: string): boolean {
    const { row, at, line } = planned;
    const present = formatValue(column.kind, row?.[column.name], this.place);
    // The same text is no change, even where it says less than the value: an instant's day.
    if (text.trim() === present) return true;
    if (!column.editable) {
      if (text.trim() !== '') this.readOnly.add(column);
      return true;
    }
    const parsed = parseEntry(column.kind, text, this.place);
    if ('error' in parsed) {
      const { name: field } = column;
      this.plan.refused.push({ at, line, row, field, text, reason: `“${text}”: ${parsed.error}` });
      return false;
    }
    this.value(planned, column, parsed.value);
    return true;
  }

  value(planned: PlannedRow, column: Column, value: FieldValue): void {
    const { row, changes, texts } = planned;
    if (!column.editable || sameValue(value, row?.[column.name] ?? null)) return;
    if (!row && (value === null || (Array.isArray(value) && value.length === 0))) return;
    const implied = changesFor(row ?? ({} as Row), column.name, value, this.place);
    // What another cell says by itself stands above what this one implies.
    planned.changes = { ...implied, ...changes, [column.name]: value };
    texts[column.name] = formatValue(column.kind, value, this.place);
  }

  end(planned: PlannedRow): void {
    if (Object.keys(planned.texts).length > 0) this.plan.rows.push(planned);
  }

  /** The plan, with a sentence about columns that are not written by hand. */
  done(): Plan {
    const left = [...this.readOnly];
    if (left.length > 0) {
      const verb = left.length === 1 ? 'is' : 'are';
      this.plan.notes.push(`${labelsOf(left)} ${verb} not written by hand, so left as before.`);
    }
    return this.plan;
  }
}

/** Whether a line is the names of columns. */
const isHeader = (line: string[], columns: Column[]): boolean => {
  const labels = new Set(columns.map(({ label }) => label.toLowerCase()));
  return line.length > 1 && line.every((text) => labels.has(text.trim().toLowerCase()));
};

export interface Pasting {
  table: string[][];
  /** The range that is chosen; the block begins at its upper left. */
  box: Box;
  columns: Column[];
  /** Rows of the list. */
  total: number;
  rowAt: RowAt;
  mayCreate: boolean;
  place: Place;
}

/** Columns of the widest line. */
const widthOf = (table: string[][]): number => Math.max(1, ...table.map((line) => line.length));

/** The range a table is written to: one value fills all of it, and a block that fits it several times repeats. */
export function extentOf(table: string[][], box: Box): Box {
  const height = table.length;
  const width = widthOf(table);
  const tall = box.bottom - box.top + 1;
  const wide = box.right - box.left + 1;
  const repeats = tall % height === 0 && wide % width === 0;
  return {
    ...box,
    bottom: box.top + (repeats ? tall : height) - 1,
    right: box.left + (repeats ? wide : width) - 1,
  };
}

/** Without a first line that only names the columns it stands over. */
export function withoutHeader(table: string[][], columns: Column[], left: number): string[][] {
  const [first, ...rest] = table;
  const names = first?.every((text, i) => text.trim() === columns[left + i]?.label);
  return first && first.length > 1 && names && rest.length > 0 ? rest : table;
}

/** What pasting a table at a range writes. Lines beyond the last row make new challans. */
export function planPaste(pasting: Pasting): Plan {
  const { columns, total, rowAt, mayCreate, place, box } = pasting;
  const table = withoutHeader(pasting.table, columns, box.left);
  const drawing = new Drawing(place);
  const { notes } = drawing.plan;
  if (table !== pasting.table) notes.push('The first line names the columns and was left out.');
  const extent = extentOf(table, box);
  const beyond = extent.right - (columns.length - 1);
  if (beyond > 0) notes.push(`${plural(beyond, 'column')} beyond the last one left out.`);
  const width = widthOf(table);
  const above = pasting.table.length - table.length;
  const isRepeated = extent.bottom - extent.top >= table.length;
  let unmade = 0;
  for (let at = extent.top; at <= extent.bottom; at++) {
    const line = table[(at - extent.top) % table.length] ?? [];
    const number = isRepeated ? undefined : above + at - extent.top;
    const isNew = at >= total;
    if (isNew && (!mayCreate || line.every((text) => text.trim() === ''))) {
      if (!mayCreate) unmade += 1;
      continue;
    }
    const held = isNew ? null : rowAt(at);
    const planned = held === undefined ? null : drawing.row(at, held, number);
    if (!planned) continue;
    let reads = true;
    columns.slice(extent.left, extent.right + 1).forEach((column, i) => {
      const text = line[i % width];
      if (text !== undefined) reads = drawing.text(planned, column, text) && reads;
    });
    if (reads) drawing.end(planned);
  }
  if (unmade > 0) notes.push(`${plural(unmade, 'line')} below the last row left out.`);
  return drawing.done();
}

/** What pasting a table outside of the rows makes: a challan for every line. */
export function planNew(table: string[][], columns: Column[], place: Place): Plan {
  const drawing = new Drawing(place);
  const [first = [], ...rest] = table;
  const named = isHeader(first, columns);
  const byLabel = new Map(columns.map((column) => [column.label.toLowerCase(), column]));
  const targets = named
    ? first.map((text) => byLabel.get(text.trim().toLowerCase()))
    : columns.filter(({ editable }) => editable);
  (named ? rest : table).forEach((line, at) => {
    if (line.every((text) => text.trim() === '')) return;
    const planned = drawing.row(at, null, named ? at + 1 : at);
    if (!planned) return;
    let reads = true;
    line.forEach((text, i) => {
      const column = targets[i];
      if (column) reads = drawing.text(planned, column, text) && reads;
    });
    if (reads) drawing.end(planned);
  });
  const width = widthOf(table);
  const { notes } = drawing.plan;
  if (!named) {
    const shown = targets.slice(0, width).flatMap((column) => column ?? []);
    notes.push(`Taken as ${labelsOf(shown)}; a first line with the names of columns sets others.`);
  }
  if (width > targets.length) notes.push('Columns beyond the last one left out.');
  return drawing.done();
}

interface InRange {
  box: Box;
  columns: Column[];
  rowAt: RowAt;
  place: Place;
}

/** What filling down writes: the first row's values to the others, or the row above to a single one. */
export function planFill({ box, columns, rowAt, place }: InRange): Plan {
  const drawing = new Drawing(place);
  const from = box.top === box.bottom ? box.top - 1 : box.top;
  const source = from < 0 ? undefined : rowAt(from);
  if (!source) return drawing.plan;
  for (let at = from + 1; at <= box.bottom; at++) {
    const held = rowAt(at);
    const planned = held && drawing.row(at, held);
    if (!planned) continue;
    for (const column of columns.slice(box.left, box.right + 1)) {
      const value = (source[column.name] ?? null) as FieldValue;
      drawing.value(planned, column, value);
      const withInvoice = column.name === 'invoice_number' && value !== null;
      if (withInvoice && planned.changes.invoice_number === value && source.invoice_date) {
        // The number goes with the date it has where it comes from.
        planned.changes.invoice_date = source.invoice_date;
      }
    }
    drawing.end(planned);
  }
  return drawing.done();
}

/** What clearing writes: nothing, into every cell of the range that is written by hand. */
export function planClear({ box, columns, rowAt, place }: InRange): Plan {
  const drawing = new Drawing(place);
  for (let at = box.top; at <= box.bottom; at++) {
    const held = rowAt(at);
    const planned = held && drawing.row(at, held);
    if (!planned) continue;
    for (const column of columns.slice(box.left, box.right + 1)) {
      drawing.value(planned, column, emptyOf(column));
    }
    drawing.end(planned);
  }
  return drawing.done();
}

/** The value of a cell that is cleared. */
export function emptyOf({ kind }: Column): FieldValue {
  if (kind === 'list') return [];
  return kind === 'yesno' ? false : null;
}

/** Why a range has too many rows to be written cell by cell; null where it has not. */
export function tooMany(rows: number): string | null {
  if (rows <= MOST_ROWS) return null;
  return `Up to ${plural(MOST_ROWS, 'row')} can be written cell by cell; here are ${plural(rows, 'row')}.`;
}
