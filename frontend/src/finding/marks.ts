/**
 * Where the words of a filter stand in the texts that are shown. They are compared as the server
 * does: without case, accents and width, at the beginning of words, and anywhere inside a number.
 */
import type { FieldName } from '../api/types';
import { membersOf, type Term, termsAsWritten, unquoted } from './terms';

/** A stretch of a text, from its first character to the one behind its last. */
export type Stretch = [from: number, to: number];

/** Finds what is to be marked in a cell's text; undefined where nothing is. */
export type Marks = (column: FieldName, text: string) => Stretch[] | undefined;

const NUMBERS: FieldName[] = ['challan_number', 'invoice_number'];
/** Columns that words without a field are looked for in. */
const BY_WORDS: FieldName[] = [
  ...NUMBERS,
  'customer',
  'delivery_executives',
  'dc_summary',
  'remarks',
];
/** Fields that are asked by words, with their columns. */
const FIELDS: Record<string, FieldName> = {
  summary: 'dc_summary',
  dc_summary: 'dc_summary',
  remarks: 'remarks',
};
/** From so many characters on, a bare word is found anywhere inside a number. */
const NUMBER_PART = 3;

const LETTER = '[\\p{Alphabetic}\\p{N}\\p{M}]';
const BETWEEN = '[^\\p{Alphabetic}\\p{N}\\p{M}]';
/** Marks that Latin, Greek and Cyrillic letters carry and people leave out; vowel signs of Indian scripts are none. */
const ACCENTS =
  /[\u{300}-\u{36f}\u{1ab0}-\u{1aff}\u{1dc0}-\u{1dff}\u{20d0}-\u{20ff}\u{fe20}-\u{fe2f}]/gu;

const isAscii = (text: string) => !/[^\0-\x7f]/.test(text);

/** Text without case, accents and width. */
function plain(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  const lower = text.normalize('NFKD').toLowerCase().normalize('NFKD');
  return lower.replace(ACCENTS, '').normalize('NFC').replaceAll('ς', 'σ');
}

const wordsOf = (text: string): string[] => plain(text).match(new RegExp(`${LETTER}+`, 'gu')) ?? [];

/** Words in this order, of which the last need only begin so, unless they are `exact`. */
function phrase(text: string, exact: boolean): RegExp | null {
  const words = wordsOf(text);
  if (words.length === 0) return null;
  const end = exact ? `(?!${LETTER})` : '';
  return new RegExp(`(?<!${LETTER})${words.join(`${BETWEEN}+`)}${end}`, 'gu');
}

/** A text inside a number, where it is long enough. */
function part(text: string): RegExp | null {
  const inside = text.normalize('NFKC').toLowerCase();
  if ([...inside].length < NUMBER_PART) return null;
  return new RegExp(
    inside.replace(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${hex(sign)}}`),
    'gu',
  );
}

const hex = (sign: string) => (sign.codePointAt(0) ?? 0).toString(16);

type Patterns = Map<FieldName, RegExp[]>;

function add(patterns: Patterns, columns: FieldName[], pattern: RegExp | null): void {
  if (!pattern) return;
  for (const column of columns) patterns.set(column, [...(patterns.get(column) ?? []), pattern]);
}

/** Takes the words of each term in; what is excluded is nowhere to be marked. */
function gather(q: string, patterns: Patterns): void {
  for (const term of termsAsWritten(q)) {
    if (term.negated || term.text === 'OR') continue;
    if (term.field === null) gatherWords(term, patterns);
    else {
      const column = FIELDS[term.field];
      if (column) gatherField(term, column, patterns);
    }
  }
}

function gatherWords({ value }: Term, patterns: Patterns): void {
  if (value.startsWith('(')) {
    gather(value.replace(/^\(|\)$/g, ''), patterns);
    return;
  }
  const exact = value.startsWith('"');
  const text = exact ? unquoted(value) : value.replace(/\*$/, '');
  add(patterns, BY_WORDS, phrase(text, exact));
  if (!exact) add(patterns, NUMBERS, part(text));
}

function gatherField(term: Term, column: FieldName, patterns: Patterns): void {
  for (const member of membersOf(term)) {
    if (/^(any|none)$/i.test(member)) continue;
    const exact = member.startsWith('"');
    add(patterns, [column], phrase(exact ? unquoted(member) : member.replace(/\*$/, ''), exact));
  }
}

/** What to mark for a filter; null where it has no words, so that nothing is looked for. */
export function marksOf(q: string): Marks | null {
  const patterns: Patterns = new Map();
  gather(q, patterns);
  if (patterns.size === 0) return null;
  return (column, text) => {
    const wanted = patterns.get(column);
    return wanted && text !== '' ? find(text, wanted) : undefined;
  };
}

function find(text: string, patterns: RegExp[]): Stretch[] | undefined {
  const { folded, places } = folding(text);
  const found: Stretch[] = [];
  for (const pattern of patterns) {
    for (const { 0: match, index } of folded.matchAll(pattern)) {
      const end = index + match.length;
      found.push(places ? [places[index]?.[0] ?? 0, places[end - 1]?.[1] ?? 0] : [index, end]);
    }
  }
  return found.length === 0 ? undefined : merged(found);
}

interface Folding {
  folded: string;
  /** Where each character of it comes from in the text; none where the places are the same. */
  places?: Stretch[];
}

function folding(text: string): Folding {
  if (isAscii(text)) return { folded: text.toLowerCase() };
  let folded = '';
  const places: Stretch[] = [];
  // A letter together with its marks: folding may make more of it, or less.
  for (const { 0: letter, index } of text.matchAll(/\P{M}?\p{M}*/gsu)) {
    const some = plain(letter);
    for (let i = 0; i < some.length; i++) places.push([index, index + letter.length]);
    folded += some;
  }
  return { folded, places };
}

/** In order, and where two touch or overlap they are one. */
function merged(found: Stretch[]): Stretch[] {
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const whole: Stretch[] = [];
  for (const [from, to] of found) {
    const last = whole.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}
