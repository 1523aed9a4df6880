/**
 * The filter as a form: what of a `q` its fields can show, and setting one of them. A term that no
 * field can show, and one whose field is not touched, stays exactly as it is written.
 */
import { STAGES, type Stage } from '../api/types';
import { addDays, isDay } from '../lib/dates';
import { membersOf, rewritten, type Term, termsOf, unquoted, written } from './terms';

/** The first and the last of a stretch, ends included; null is open. */
export interface Stretch {
  from: string | null;
  to: string | null;
}

/** Days by a word that moves with the calendar, or whether there is one at all; else by their ends. */
export type Days = { word: string } | Stretch;

/** What the fields show; null and empty lists ask for nothing. */
export interface Asked {
  date: Days | null;
  delivered: Days | null;
  invoice_date: Days | null;
  customer: string[];
  executive: string[];
  stage: Stage[];
  pod: boolean | null;
  submitted: boolean | null;
  /** Rupees, as the wire has them. */
  amount: Stretch | null;
}

export type AskedField = keyof Asked;

/** Words for days that a field offers. */
export const DAY_WORDS = [
  'today',
  'last-7d',
  'last-30d',
  'this-month',
  'this-quarter',
  'this-fy',
  'any',
  'none',
] as const;

/** Other names of the fields; a column's name is one too. */
const NAMES: Record<string, AskedField> = {
  date: 'date',
  delivered: 'delivered',
  delivered_at: 'delivered',
  invoice_date: 'invoice_date',
  customer: 'customer',
  executive: 'executive',
  executives: 'executive',
  delivery_executives: 'executive',
  stage: 'stage',
  pod: 'pod',
  proof_of_delivery: 'pod',
  submitted: 'submitted',
  invoice_submission: 'submitted',
  amount: 'amount',
};

const NOTHING: Asked = {
  date: null,
  delivered: null,
  invoice_date: null,
  customer: [],
  executive: [],
  stage: [],
  pod: null,
  submitted: null,
  amount: null,
};

/** The values a member of a list stands for, by the kind of its field; null where the form has no place for it. */
type Read<F extends AskedField> = (members: string[]) => Asked[F] | null;

function readNames(members: string[]): string[] | null {
  const plain = members.every(
    (text) =>
      (/^".*"$/s.test(text) || (text !== '' && !/["*<>=]/.test(text))) &&
      !/^(any|none)$/i.test(text),
  );
  return plain ? members.map(unquoted) : null;
}

function readStages(members: string[]): Stage[] | null {
  const stages = members.map((text) => STAGES.find((stage) => stage === text.toLowerCase()));
  return stages.every((stage) => stage !== undefined) ? stages : null;
}

function readFlag([text = '', ...more]: string[]): boolean | null {
  if (more.length > 0) return null;
  if (/^(yes|true|any)$/i.test(text)) return true;
  return /^(no|false|none)$/i.test(text) ? false : null;
}

/** The ends of a written range, `from` and `to` as they stand; `open` where an end is not in it itself. */
function endsOf(text: string): (Stretch & { open: boolean }) | null {
  const compared = /^(>=|<=|>|<)([^<>]+)$/.exec(text);
  if (compared) {
    const [, sign = '', value = ''] = compared;
    const open = sign.length === 1;
    return sign.startsWith('>') ? { from: value, to: null, open } : { from: null, to: value, open };
  }
  const between = /^(.*?)\.\.(.*)$/.exec(text);
  if (between) return { from: between[1] || null, to: between[2] || null, open: false };
  return { from: text, to: text, open: false };
}

/** A stretch whose ends are read by `first` and `last`, one step further in where an end is open. */
function readStretch(
  [text = '', ...more]: string[],
  first: (value: string) => string | null,
  last: (value: string) => string | null,
  step: (value: string, by: 1 | -1) => string | null,
): Stretch | null {
  const ends = more.length > 0 ? null : endsOf(text);
  if (!ends || (ends.from === null && ends.to === null)) return null;
  // Above a month is after its last day; below it, before its first.
  const from = ends.from && (ends.open ? step(last(ends.from) ?? '', 1) : first(ends.from));
  const to = ends.to && (ends.open ? step(first(ends.to) ?? '', -1) : last(ends.to));
  if ((ends.from && !from) || (ends.to && !to)) return null;
  return { from, to };
}

/** The first day of a written day, month, year or financial year. */
function firstDay(text: string): string | null {
  const shown = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text);
  if (shown) return firstDay(`${shown[3]}-${shown[2]}-${shown[1]}`);
  const financial = /^fy(\d{4})-(\d{2})$/i.exec(text);
  if (financial) {
    const follows = (Number(financial[1]) + 1) % 100 === Number(financial[2]);
    return follows ? `${financial[1]}-04-01` : null;
  }
  const day = `${text}-01-01`.slice(0, 10);
  return /^\d{4}(-\d{2}){0,2}$/.test(text) && isDay(day) ? day : null;
}

/** Its last day. */
function lastDay(text: string): string | null {
  const first = firstDay(text);
  if (!first) return null;
  const [year = 0, month = 0] = first.split('-').map(Number);
  const before = (y: number, m: number) =>
    addDays(`${m > 12 ? y + 1 : y}-${String(m > 12 ? m - 12 : m).padStart(2, '0')}-01`, -1);
  if (/^fy/i.test(text)) return `${year + 1}-03-31`;
  if (/^\d{4}$/.test(text)) return `${year}-12-31`;
  return /^\d{4}-\d{2}$/.test(text) ? before(year, month + 1) : first;
}

function readDays(members: string[]): Days | null {
  const word = members.length === 1 && members[0]?.toLowerCase();
  if (DAY_WORDS.some((known) => known === word)) return { word: word as string };
  return readStretch(members, firstDay, lastDay, (day, by) => (day ? addDays(day, by) : null));
}

const readRupees = (text: string) => (/^\d{1,12}(\.\d{1,2})?$/.test(text) ? text : null);

/** Another amount by one paisa. */
function paisa(text: string, by: 1 | -1): string | null {
  const paise = Math.round(Number(text) * 100) + by;
  return text === '' || paise < 0 ? null : (paise / 100).toFixed(2);
}

const READ: { [F in AskedField]: Read<F> } = {
  date: readDays,
  delivered: readDays,
  invoice_date: readDays,
  customer: readNames,
  executive: readNames,
  stage: readStages,
  pod: readFlag,
  submitted: readFlag,
  amount: (members) => readStretch(members, readRupees, readRupees, paisa),
};

const isStretch = (value: unknown): value is Stretch =>
  typeof value === 'object' && value !== null && 'from' in value;

/** Two stretches of which each has one end: together, where the ends are not the same one. */
function together(a: unknown, b: unknown): Stretch | null {
  if (!isStretch(a) || !isStretch(b)) return null;
  if ((a.from && b.from) || (a.to && b.to)) return null;
  return { from: a.from ?? b.from, to: a.to ?? b.to };
}

/** What a filter asks by fields of the form, and where in it each of these is written. */
export function read(q: string): { asked: Asked; places: Partial<Record<AskedField, number[]>> } {
  const asked: Asked = { ...NOTHING };
  const places: Partial<Record<AskedField, number[]>> = {};
  for (const term of termsOf(q)) {
    const field = fieldOf(term);
    if (!field) continue;
    const value = READ[field](membersOf(term));
    if (value === null) continue;
    // What is asked a second time is asked beside the form.
    const both = places[field] ? together(asked[field], value) : value;
    if (both === null) continue;
    Object.assign(asked, { [field]: both });
    places[field] = [...(places[field] ?? []), term.start];
  }
  return { asked, places };
}

const fieldOf = ({ field, negated }: Term): AskedField | undefined =>
  field === null || negated ? undefined : NAMES[field];

/** A stretch as it is written. */
const stretched = ({ from, to }: Stretch): string => {
  if (from === to) return from ?? '';
  if (from && to) return `${from}..${to}`;
  return from ? `>=${from}` : `<=${to}`;
};

/** The value of a field as it is written; empty where it asks for nothing. */
function valueText(field: AskedField, asked: Asked): string {
  const value = asked[field];
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(written).join(',');
  return 'word' in value ? value.word : stretched(value);
}

/** A filter with one field of the form set anew: in the place where it stood, else at the end. */
export function withAsked<F extends AskedField>(q: string, field: F, value: Asked[F]): string {
  const { asked, places } = read(q);
  const text = valueText(field, { ...asked, [field]: value });
  const [place, ...others] = places[field] ?? [];
  const term = text === '' ? null : `${field}:${text}`;
  const rest = rewritten(q, ({ start }) => {
    if (others.includes(start)) return null;
    return start === place ? term : undefined;
  });
  return place === undefined && term ? `${rest} ${term}`.trim() : rest;
}

/** A filter without anything that the form shows. */
export function withoutAsked(q: string): string {
  const known = Object.values(read(q).places).flat();
  return rewritten(q, ({ start }) => (known.includes(start) ? null : undefined));
}

/** How many fields of the form a filter sets. */
export const countAsked = (q: string): number => Object.keys(read(q).places).length;

/** Terms of a filter that the form does not show. */
export function besides(q: string): Term[] {
  const known = Object.values(read(q).places).flat();
  return termsOf(q).filter(({ start }) => !known.includes(start));
}
