/** What the search box offers while somebody types. */
import type { Completion } from '../client/tracker';
import { formatDate, isDay } from '../lib/dates';
import { formatAmount, STAGE_LABELS } from '../lib/text';
import { type Term, termsOf, written } from './terms';

/** A way to go on. */
export interface Suggestion {
  /** The whole text of the box after it was taken. */
  text: string;
  /** What is shown. */
  label: string;
  /** What it means, in a few words. */
  hint: string;
  /** Whether it ends its term, so that the next one may begin. */
  ends: boolean;
}

/** What is being typed: the last value of the last term. */
export interface Typing {
  term: Term;
  /** What of the term stands before the value. */
  head: string;
  /** The beginning of the value, without a quotation mark. */
  begun: string;
}

const FIELD_LABELS: Record<string, string> = {
  stage: 'Stage',
  customer: 'Customer',
  executive: 'Executive',
  date: 'Date',
  number: 'Challan number',
  amount: 'Amount in rupees',
  age: 'Days of waiting',
  pod: 'Signed copy is back',
  invoice: 'Invoice number',
  submitted: 'Invoice is submitted',
  summary: 'Description',
  remarks: 'Remarks',
  dispatched: 'Dispatched on',
  delivered: 'Delivered on',
  pod_date: 'Signed copy came on',
  received_by: 'Received by',
  invoice_date: 'Invoice date',
  submitted_on: 'Submitted on',
  voided: 'Voided on',
  void_reason: 'Reason of the void',
  source: 'Other system',
  external: 'Number in the other system',
  version: 'Version',
  created: 'Made on',
  created_by: 'Made by',
  updated: 'Changed on',
  updated_by: 'Changed by',
  deleted: 'In the trash since',
  deleted_by: 'Deleted by',
};

export const fieldLabel = (field: string): string =>
  FIELD_LABELS[field] ?? field.replaceAll('_', ' ');

const VALUE_LABELS: Record<string, string> = {
  any: 'has a value',
  none: 'has no value',
  today: 'today',
  'this-month': 'this month',
  'this-quarter': 'this quarter',
  'this-fy': 'this financial year, from April',
  'last-7d': 'the last seven days',
  'last-30d': 'the last thirty days',
  yes: 'yes',
  no: 'no',
  ...STAGE_LABELS,
};

export const valueLabel = (value: string): string => VALUE_LABELS[value] ?? value;

/** Where the terms begin that go on at the end of `text`: those of the innermost open group, behind its last OR. */
export function openTerms(text: string): { at: number; isInGroup: boolean } {
  const begun = [0];
  const parts = /"(?:[^"]|"")*"?|\(|\)|\sOR\s/g;
  for (const { 0: part, index } of text.matchAll(parts)) {
    const after = index + part.length;
    if (part === '(') begun.push(after);
    else if (part === ')' && begun.length > 1) begun.pop();
    else if (!part.startsWith('"')) begun[begun.length - 1] = after;
  }
  return { at: begun.at(-1) ?? 0, isInGroup: begun.length > 1 };
}

/** What is being typed at the end of `text`; null where the last term is finished. */
export function typingIn(text: string): Typing | null {
  if (text === '' || /\s$/.test(text)) {
    const open = termsOf(text).at(-1);
    // Inside quotation marks a space is part of the value.
    if (!open || open.end < text.length) return null;
  }
  const term = termsOf(text).at(-1);
  if (!term) return null;
  const sign = term.negated ? '-' : '';
  if (term.field === null) return { term, head: sign, begun: term.value };
  const last = /(?:^|,)("(?:[^"]|"")*|[^",]*)$/.exec(term.value)?.[1];
  if (last === undefined) return null;
  const head = `${sign}${term.field}:${term.value.slice(0, term.value.length - last.length)}`;
  return { term, head, begun: last.replace(/^"/, '').replaceAll('""', '"') };
}

const begins = (text: string, begun: string) => text.toLowerCase().startsWith(begun.toLowerCase());

/** Names as they are offered for what was typed: those that begin so, those of which a word does, the others. */
export function byBeginning(names: string[], begun: string): string[] {
  const rank = (name: string) =>
    begins(name, begun) ? 0 : name.split(/\s+/).some((word) => begins(word, begun)) ? 1 : 2;
  return names.toSorted((a, b) => rank(a) - rank(b));
}

/** Whether what is being typed may become the name of a field: it is no word to look for yet. */
export function beginsField(text: string, fields: Completion[]): boolean {
  const typing = typingIn(text);
  if (!typing?.begun || typing.term.field !== null) return false;
  return fields.some(({ field }) => begins(field, typing.begun));
}

/** Fields, or values of the field that is being typed. `names` are values that the server found. */
export function suggestions(text: string, fields: Completion[], names: string[]): Suggestion[] {
  const { at, isInGroup } = openTerms(text);
  if (at > 0) {
    // The filter is none before its group is closed.
    return suggestions(text.slice(at), fields, names).map((one) => ({
      ...one,
      text: text.slice(0, at) + one.text,
      ends: one.ends && !isInGroup,
    }));
  }
  const typing = typingIn(text);
  // Behind a closed quotation mark nothing can go on but a space.
  if (!typing && /\S$/.test(text)) return [];
  const before = typing ? text.slice(0, typing.term.start) : text;
  if (typing?.term.field) return valuesFor(typing, before, fields, names);
  const begun = typing?.begun ?? '';
  if (begun.startsWith('"') || begun.startsWith('(')) return [];
  const head = typing?.head ?? '';
  return fields
    .filter(
      ({ field }) =>
        begins(field, begun) ||
        (begun.length > 1 && fieldLabel(field).toLowerCase().includes(begun.toLowerCase())),
    )
    .slice(0, 8)
    .map(({ field }) => ({
      text: `${before}${head}${field}:`,
      label: `${field}:`,
      hint: fieldLabel(field),
      ends: false,
    }));
}

function valuesFor(typing: Typing, before: string, fields: Completion[], names: string[]) {
  const known = fields.find(({ field }) => field === typing.term.field);
  if (!known) return [];
  const found: Suggestion[] = names.map((name) => ({
    text: `${before}${typing.head}${written(name)} `,
    label: name,
    hint: '',
    ends: true,
  }));
  for (const value of known.values) {
    if (!begins(value, typing.begun)) continue;
    const hint = valueLabel(value) === value ? '' : valueLabel(value);
    found.push({ text: `${before}${typing.head}${value} `, label: value, hint, ends: true });
  }
  const now = `${before}${typing.term.text}`;
  return found.filter(({ text }) => text.trimEnd() !== now).slice(0, 9);
}

/** A term as a person would say it: `Stage is Delivered or Dispatched`. */
export function said(term: Term, values: string[]): string {
  if (term.field === null) {
    const words = term.value.replace(/^"|"$/g, '');
    return term.negated ? `not ${words}` : words;
  }
  const label = fieldLabel(term.field);
  if (term.value === 'any' || term.value === 'none') {
    const has = (term.value === 'any') !== term.negated;
    if (term.field === 'deleted') return has ? 'In the trash' : 'Not in the trash';
    return `${label}: ${has ? 'any' : 'none'}`;
  }
  const money = term.field === 'amount';
  const texts = values.map((value) => valueSaid(value, money));
  return `${label}${term.negated ? ' is not ' : ': '}${texts.join(' or ')}`;
}

function valueSaid(value: string, money: boolean): string {
  const end = (text = '') => endSaid(text, money);
  const compared = /^(>=|<=|>|<)(.+)$/.exec(value);
  if (compared) {
    const words = { '>': 'over', '>=': 'from', '<': 'under', '<=': 'up to' };
    return `${words[compared[1] as keyof typeof words]} ${end(compared[2])}`;
  }
  const between = /^(.+)\.\.(.+)$/.exec(value);
  return between ? `${end(between[1])} to ${end(between[2])}` : end(value);
}

/** A day as days are shown, an amount as amounts are. */
function endSaid(text: string, money: boolean): string {
  if (money && /^\d+(\.\d+)?$/.test(text)) return formatAmount(text).replace(/\.00$/, '');
  return isDay(text) ? formatDate(text, 'UTC') : valueLabel(text);
}
