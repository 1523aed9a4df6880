import { useMemo } from 'react';
import type { ColumnInfo } from '../api/types';
import type { Completion } from '../client/tracker';

const DAYS = ['any', 'today', 'this-month', 'last-7d', 'last-30d'];

/** Fields that are no column, with the columns that they are read from. */
const BESIDE: [Completion, string[]][] = [
  [
    { field: 'age', kind: 'number', values: ['>7', '<=2', '3..7', '8..15', '>=16'], example: '' },
    ['date', 'delivered_at', 'pod_upload_date', 'invoice_date'],
  ],
  [{ field: 'pod', kind: 'flag', values: ['yes', 'no'], example: '' }, ['pod_upload_date']],
  [{ field: 'deleted', kind: 'day', values: DAYS, example: '' }, []],
];

/** What this person may ask for, for the search box and the values beside the grid. */
export function useFields(columns: ColumnInfo[] | undefined): Completion[] {
  return useMemo(() => {
    if (!columns) return [];
    const allowed = new Set(columns.map(({ name }) => name));
    const beside = BESIDE.filter(([, needs]) => needs.every((name) => allowed.has(name)));
    const own = columns.flatMap(({ filter }) => filter ?? []);
    const first = own.filter(({ field }) => ['stage', 'customer', 'executive'].includes(field));
    const rest = own.filter((one) => !first.includes(one));
    return [...first, ...beside.map(([field]) => field), ...rest];
  }, [columns]);
}
