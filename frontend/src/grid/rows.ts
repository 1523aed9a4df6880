import type { FieldName, RangeAnswer, Row } from '../api/types';

/** Texts longer than this seldom repeat. */
const REPEATED_LENGTH = 40;
/** Texts remembered at most; a list has a few hundred customers, people and days. */
const TEXTS_KEPT = 4_000;
const texts = new Map<string, string>();
const NOTHING: unknown[] = [];

/**
 * The same text once: thousands of rows repeat customers, people and days, and each answer brings
 * copies of its own.
 */
function shared(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.length > REPEATED_LENGTH) return value;
    const known = texts.get(value);
    if (known !== undefined) return known;
    if (texts.size >= TEXTS_KEPT) texts.clear();
    texts.set(value, value);
    return value;
  }
  if (Array.isArray(value)) return value.length === 0 ? NOTHING : value.map(shared);
  return value;
}

/** Columns whose every value is another. */
const SINGULAR = new Set(['id', 'challan_number', 'dc_summary', 'amount', 'updated_at']);

/** Turns the columnar answer into rows. */
export function rowsOf({ columns, rows }: Pick<RangeAnswer, 'columns' | 'rows'>): Row[] {
  // Copies of one blank row have one layout in memory, which is a third of the bytes.
  const blank: Record<string, unknown> = {};
  for (const name of columns) blank[name] = null;
  const singular = columns.map((name) => SINGULAR.has(name));
  return rows.map((values) => {
    const row = { ...blank };
    for (let i = 0; i < columns.length; i++) {
      row[columns[i] as string] = singular[i] ? values[i] : shared(values[i]);
    }
    return row as Row;
  });
}

/** Why nothing of a row can be changed; null where it can. */
export function lockOf(row: Row & { gone?: boolean }): string | null {
  if (row.gone || row.deleted_at) return 'This challan is in the trash; restore it first.';
  return row.stage === 'void' ? 'A void challan is not changed.' : null;
}

export const isNewer = (row: Row, than: Row): boolean => row.version > than.version;

/** Values of the API are texts, numbers, booleans, null or short lists of them. */
export const sameValue = (a: unknown, b: unknown): boolean =>
  a === b || JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Fields of `held` that `row` gives another value. */
export function changedFields(held: Row, row: Row): FieldName[] {
  return (Object.keys(row) as FieldName[]).filter(
    (field) => field !== 'version' && field in held && !sameValue(held[field], row[field]),
  );
}
