import type { Challan, Changes, FieldValue, HistoryEntry } from '../api/types';
import { fieldOf } from './fields';

type FieldChange = HistoryEntry['changes'][number];

/** Whether the entry is of the making of the record, before which there was nothing. */
export const isMaking = ({ kind }: HistoryEntry): boolean => kind.startsWith('create');

/** Fields that are one to the server: an invoice is its number with its date. */
const INVOICE: readonly string[] = ['invoice_number', 'invoice_date'];

function invoiceBefore({ changes }: HistoryEntry, record: Challan): Changes {
  const was = (name: 'invoice_number' | 'invoice_date') => {
    const change = changes.find(({ field }) => field === name);
    return (change ? change.old : record[name]) as FieldValue | undefined;
  };
  const [number, date] = [was('invoice_number'), was('invoice_date')];
  const whole = number && date;
  return { invoice_number: whole ? number : null, invoice_date: whole ? date : null };
}

/**
 * What puts the value back that a field had before a change of the history; null where that cannot
 * be, or would change nothing.
 */
export function putBack(
  entry: HistoryEntry,
  { field, old }: FieldChange,
  record: Challan,
): Changes | null {
  const { required } = fieldOf(field) ?? {};
  const may = record.can.includes('update') && !record.hidden.includes(field);
  if (!may || !fieldOf(field) || isMaking(entry) || (required && old === null)) return null;
  const isInvoice = INVOICE.includes(field);
  // Where both changed, they go back by the number's button.
  const byNumber = field === 'invoice_date' && entry.changes.some((c) => c.field === INVOICE[0]);
  if (byNumber) return null;
  const set = isInvoice ? invoiceBefore(entry, record) : { [field]: old as FieldValue };
  const isOther = ([name, value]: [string, unknown]) =>
    JSON.stringify(record[name as keyof Challan] ?? null) !== JSON.stringify(value);
  return Object.entries(set).some(isOther) ? set : null;
}
