/** What a person wrote in the form of a bulk change, read into an order. */
import type { Order, Which } from '../api/batches';
import type { Changes, FieldName } from '../api/types';
import { type Column, type Place, parseEntry } from '../grid/columns';
import { FORM } from '../record/fields';

export interface Form {
  /** With `update`: the field, and its value as text. */
  field: FieldName;
  text: string;
  /** With `link_invoice`. */
  invoiceNumber: string;
  invoiceDate: string | null;
  /** With `void`. */
  reason: string;
}

export type Read = { order: Order } | { error: string; at: keyof Form };

/** Fields that one value for many challans makes sense for: an invoice has an action of its own. */
export const editable = (columns: Column[]): Column[] =>
  columns.filter(
    ({ editable: writable, name }) =>
      writable && name !== 'invoice_number' && name !== 'invoice_date',
  );

/** Fields that every challan has, so that none is cleared. */
const NEEDED = new Set(
  FORM.flatMap(({ fields }) => fields.filter(({ required }) => required).map(({ name }) => name)),
);

export const isNeeded = (field: FieldName): boolean => NEEDED.has(field);

export function readOrder(
  action: Order['action'],
  which: Which,
  form: Form,
  columns: Column[],
  place: Place,
): Read {
  if (action === 'void') {
    const reason = form.reason.trim();
    if (reason.length < 2) return { error: 'Say why, in a few words.', at: 'reason' };
    return { order: { action, which, reason } };
  }
  if (action === 'link_invoice') {
    const number = form.invoiceNumber.trim();
    if (!number) return { error: 'An invoice has a number.', at: 'invoiceNumber' };
    if (!form.invoiceDate) return { error: 'An invoice has a date.', at: 'invoiceDate' };
    const set: Changes = { invoice_number: number, invoice_date: form.invoiceDate };
    return { order: { action, which, set } };
  }
  if (action === 'update') {
    const column = columns.find(({ name }) => name === form.field);
    if (!column) return { error: 'Choose a field.', at: 'field' };
    const parsed = parseEntry(column.kind, form.text, place);
    if ('error' in parsed) return { error: parsed.error, at: 'text' };
    if (parsed.value === null && isNeeded(column.name)) {
      return { error: 'This is needed.', at: 'text' };
    }
    return { order: { action, which, set: { [column.name]: parsed.value } } };
  }
  return { order: { action, which } };
}
