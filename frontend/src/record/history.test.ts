import { describe, expect, it } from 'vitest';
import type { Challan, HistoryEntry } from '../api/types';
import { putBack } from './history';

const record = {
  can: ['update'],
  hidden: [] as string[],
  date: '2026-07-01',
  amount: '750.00',
  delivery_executives: ['Ravi'],
  invoice_number: null,
  invoice_date: null,
} as unknown as Challan;

const entry = (changes: HistoryEntry['changes'], kind = 'updated') =>
  ({ kind, changes }) as HistoryEntry;
const of = (changes: HistoryEntry['changes'], at = 0, row = record) =>
  putBack(entry(changes), changes[at] as HistoryEntry['changes'][number], row);

describe('putBack', () => {
  const amount = { field: 'amount', old: '500.00', new: '750.00' };

  it('is the value before the change', () => {
    expect(of([amount])).toEqual({ amount: '500.00' });
    expect(of([{ field: 'amount', old: null, new: '750.00' }])).toEqual({ amount: null });
    const names = { field: 'delivery_executives', old: ['Om'], new: ['Ravi'] };
    expect(of([names])).toEqual({ delivery_executives: ['Om'] });
  });

  it('is nothing where that is the value now', () => {
    expect(of([{ ...amount, old: '750.00' }])).toBeNull();
    expect(of([{ field: 'delivery_executives', old: ['Ravi'], new: ['Om'] }])).toBeNull();
  });

  it('is nothing of what may not be changed', () => {
    expect(of([amount], 0, { ...record, can: [] })).toBeNull();
    expect(of([amount], 0, { ...record, hidden: ['amount'] })).toBeNull();
    expect(of([{ field: 'void_reason', old: 'x', new: null }])).toBeNull();
    expect(of([{ field: 'date', old: null, new: '2026-07-01' }])).toBeNull();
    expect(putBack(entry([amount], 'created'), amount, record)).toBeNull();
  });

  it('is an invoice with its date', () => {
    const number = { field: 'invoice_number', old: 'I-1', new: null };
    const date = { field: 'invoice_date', old: '2026-07-03', new: null };
    const both = { invoice_number: 'I-1', invoice_date: '2026-07-03' };
    expect(of([number, date])).toEqual(both);
    expect(of([number, date], 1)).toBeNull();
    expect(of([number], 0, { ...record, invoice_date: '2026-07-03' })).toEqual(both);
    const entered = { field: 'invoice_number', old: null, new: 'I-1' };
    expect(of([entered], 0, { ...record, ...both })).toEqual({
      invoice_number: null,
      invoice_date: null,
    });
  });
});
