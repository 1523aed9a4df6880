import type { FieldName, RangeAnswer, Row } from '../api/types';

/** Turns the columnar answer into rows. */
export function rowsOf(answer: Pick<RangeAnswer, 'columns' | 'rows'>): Row[] {
  return answer.rows.map(
    (values) => Object.fromEntries(answer.columns.map((name, i) => [name, values[i]])) as Row,
  );
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
