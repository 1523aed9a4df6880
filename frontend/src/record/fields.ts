import type { Challan, Changes, FieldName } from '../api/types';
import { COLUMNS, formatValue, type Kind, type Place, parseEntry } from '../grid/columns';

export interface FormField {
  name: FieldName;
  label: string;
  kind: Kind;
  /** Half the drawer's width, or the whole of it. */
  wide?: boolean;
  long?: boolean;
  required?: boolean;
  hint?: string;
}

export interface FormGroup {
  title: string;
  fields: FormField[];
}

export const FORM: FormGroup[] = [
  {
    title: 'Challan',
    fields: [
      { name: 'date', label: 'Date', kind: 'date', required: true },
      { name: 'amount', label: 'Amount (₹)', kind: 'amount' },
      { name: 'customer', label: 'Customer', kind: 'text', wide: true, required: true },
      { name: 'dc_summary', label: 'Description', kind: 'text', wide: true, long: true },
      {
        name: 'delivery_executives',
        label: 'Delivery executives',
        kind: 'list',
        wide: true,
        hint: 'Separate names with commas',
      },
    ],
  },
  {
    title: 'Delivery',
    fields: [
      { name: 'dispatched_at', label: 'Dispatched', kind: 'date' },
      { name: 'delivered_at', label: 'Delivered', kind: 'date' },
      { name: 'received_by', label: 'Received by', kind: 'text' },
      { name: 'pod_upload_date', label: 'POD received', kind: 'date' },
    ],
  },
  {
    title: 'Invoice',
    fields: [
      { name: 'invoice_number', label: 'Invoice no.', kind: 'text' },
      { name: 'invoice_date', label: 'Invoice date', kind: 'date' },
      { name: 'invoice_submission', label: 'Invoice submitted', kind: 'yesno' },
      { name: 'invoice_submitted_on', label: 'Submitted on', kind: 'date' },
    ],
  },
  {
    title: 'Notes',
    fields: [{ name: 'remarks', label: 'Remarks', kind: 'text', wide: true, long: true }],
  },
];

const ALL = FORM.flatMap((group) => group.fields);

/** What the person typed, by field; fields not touched are not in it. */
export type Draft = Partial<Record<FieldName, string>>;

/** The field of the form that is called so. */
export const fieldOf = (name: string): FormField | undefined =>
  ALL.find((field) => field.name === name);

/** The label of any field, in the words the site uses for it. */
export function labelOf(name: string): string {
  return (
    fieldOf(name)?.label ??
    COLUMNS.find((column) => column.name === name)?.label ??
    name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ')
  );
}

export const kindOf = (name: string): Kind =>
  fieldOf(name)?.kind ??
  COLUMNS.find((column) => column.name === name)?.kind ??
  (name.endsWith('_at') ? 'moment' : 'text');

/** The text of a field as the form shows it before it is touched. */
export const textOf = (record: Challan | null, name: FieldName, place: Place): string =>
  record ? formatValue(kindOf(name), record[name], place) : '';

/** Reads the draft; `errors` is empty where `changes` may be sent. */
export function readDraft(draft: Draft, place: Place) {
  const changes: Changes = {};
  const errors: Record<string, string> = {};
  for (const field of ALL) {
    const text = draft[field.name];
    if (text === undefined) continue;
    const parsed = parseEntry(field.kind, text, place);
    if ('error' in parsed) errors[field.name] = parsed.error;
    else if (field.required && parsed.value === null) errors[field.name] = 'This is needed.';
    else changes[field.name] = parsed.value;
  }
  return { changes, errors };
}
