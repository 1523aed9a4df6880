import type { Changes, ColumnInfo, FieldName, FieldValue, Row } from '../api/types';
import { formatDate, formatMoment, parseDateEntry } from '../lib/dates';
import { formatAmount, parseAmountEntry, parseListEntry, STAGE_LABELS } from '../lib/text';

export type Kind = 'text' | 'date' | 'moment' | 'amount' | 'list' | 'yesno' | 'stage' | 'files';

export interface Column {
  name: FieldName;
  label: string;
  kind: Kind;
  /** Width in px. */
  width: number;
  /** Whether the cell may be typed into at all; rights come on top. */
  editable: boolean;
  sortable: boolean;
  /** Whether it stays in sight at the left. */
  pinned?: boolean;
}

/** What reading and writing of values needs to know of the organisation. */
export interface Place {
  timeZone: string;
  /** Today's civil date there. */
  today: string;
}

const column = (
  name: FieldName,
  label: string,
  kind: Kind,
  width: number,
  editable = true,
  sortable = false,
): Column => ({ name, label, kind, width, editable, sortable });

export const COLUMNS: Column[] = [
  // Wherever a person looks in a row, they see whose it is.
  { ...column('challan_number', 'Challan', 'text', 120, false, true), pinned: true },
  column('date', 'Date', 'date', 112, true, true),
  column('customer', 'Customer', 'text', 196, true, true),
  column('dc_summary', 'Description', 'text', 248),
  // As wide as the largest amount there may be, 9,99,99,99,99,999.99.
  column('amount', 'Amount', 'amount', 160, true, true),
  column('stage', 'Stage', 'stage', 184, false, true),
  column('delivery_executives', 'Executives', 'list', 150),
  column('dispatched_at', 'Dispatched', 'date', 112),
  column('delivered_at', 'Delivered', 'date', 112, true, true),
  column('pod_upload_date', 'POD received', 'date', 116),
  column('received_by', 'Received by', 'text', 136),
  column('invoice_number', 'Invoice no.', 'text', 132),
  column('invoice_date', 'Invoice date', 'date', 116),
  column('invoice_submission', 'Submitted', 'yesno', 96),
  column('remarks', 'Remarks', 'text', 220),
  column('updated_at', 'Changed', 'moment', 156, false, true),
];

/** The columns the server lets this person see, in the site's order. */
export function visibleColumns(allowed: ColumnInfo[] | undefined): Column[] {
  if (!allowed) return COLUMNS;
  const byName = new Map(allowed.map((info) => [info.name, info]));
  return COLUMNS.flatMap((shown) => {
    const info = byName.get(shown.name);
    if (!info) return [];
    return [{ ...shown, sortable: info.sortable, editable: shown.editable && info.editable }];
  });
}

/** The text of a value in a cell, in a copy and in an editor. */
export function formatValue(kind: Kind, value: unknown, place: Place): string {
  if (value === null || value === undefined || value === '') return '';
  switch (kind) {
    case 'date':
      return formatDate(String(value), place.timeZone);
    case 'moment':
      return formatMoment(String(value), place.timeZone, place.today);
    case 'amount':
      return formatAmount(String(value));
    case 'list':
      return Array.isArray(value) ? value.join(', ') : String(value);
    case 'yesno':
      return value === true ? 'Yes' : 'No';
    case 'stage':
      return STAGE_LABELS[value as keyof typeof STAGE_LABELS] ?? String(value);
    case 'files':
      return Array.isArray(value) && value.length > 0 ? plainFiles(value.length) : '';
    default:
      return String(value);
  }
}

const plainFiles = (count: number) => (count === 1 ? '1 file' : `${count} files`);

export type Parsed = { value: FieldValue } | { error: string };

/** Reads what was typed into a cell of `kind`; an empty text clears. */
export function parseEntry(kind: Kind, text: string, place: Place): Parsed {
  const entry = text.trim();
  if (kind === 'yesno') return parseYesNo(entry);
  if (kind === 'list') return { value: parseListEntry(entry) };
  if (entry === '') return { value: null };
  if (kind === 'date') {
    const value = parseDateEntry(entry, place.today);
    return value ? { value } : { error: 'Not a date. Try 5/7, 05-07-26 or today.' };
  }
  if (kind === 'amount') {
    const value = parseAmountEntry(entry);
    return value ? { value } : { error: 'Not an amount. Try 1,24,310.50.' };
  }
  return { value: entry };
}

function parseYesNo(entry: string): Parsed {
  if (/^(y|yes|true|1)$/i.test(entry)) return { value: true };
  if (/^(n|no|false|0|)$/i.test(entry)) return { value: false };
  return { error: 'Yes or No.' };
}

/**
 * The changes that setting one field means. An invoice's number and date go together: a new number
 * proposes today as its date, and clearing one clears both. What is not submitted has no day of it.
 */
export function changesFor(row: Row, name: FieldName, value: FieldValue, place: Place): Changes {
  if (name === 'invoice_number') {
    const date = value === null ? null : (row.invoice_date ?? place.today);
    return { invoice_number: value, invoice_date: date };
  }
  if (name === 'invoice_date' && value === null) {
    return { invoice_number: null, invoice_date: null };
  }
  if (
    name === 'invoice_submission' &&
    value === false &&
    !row.hidden?.includes('invoice_submitted_on')
  ) {
    return { invoice_submission: false, invoice_submitted_on: null };
  }
  return { [name]: value };
}

/** Delivered, and nothing signed has come back. */
export const podMissing = (row: Row): boolean =>
  Boolean(row.delivered_at) &&
  !row.pod_upload_date &&
  !row.proof_of_delivery?.length &&
  row.stage !== 'pod_received' &&
  row.stage !== 'void';
