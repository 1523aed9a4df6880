/**
 * The filter language as far as the site needs it: the terms that stand side by side in a `q`, and
 * setting one of them. Whether a filter is right, and what it finds, the server alone says.
 */

/** One of the terms that are AND. */
export interface Term {
  /** As it is written, its `-` included. */
  text: string;
  start: number;
  end: number;
  negated: boolean;
  /** What stands before the colon, in lower case; null for words and groups. */
  field: string | null;
  /** What stands after the colon, or the words. */
  value: string;
}

const FIELD = /^([a-z_]+):/i;
const STROKE = /^[-&+/.,·–—]$/;
const isSpace = (sign: string | undefined) => sign !== undefined && /\s/.test(sign);

/** Where the quoted text that begins at `at` ends; a doubled quotation mark stands for itself. */
function afterQuote(q: string, at: number): number {
  let i = at + 1;
  while (i < q.length) {
    if (q[i] !== '"') i += 1;
    else if (q[i + 1] === '"') i += 2;
    else return i + 1;
  }
  return i;
}

/** Where the term that begins at `at` ends. */
function afterTerm(q: string, at: number): number {
  let depth = 0;
  let i = at;
  while (i < q.length) {
    const sign = q[i];
    if (sign === '"') {
      i = afterQuote(q, i);
      continue;
    }
    if (sign === '(') depth += 1;
    if (sign === ')') depth = Math.max(0, depth - 1);
    if (depth === 0 && isSpace(sign)) break;
    i += 1;
  }
  return i;
}

function termAt(q: string, start: number, end: number): Term {
  const text = q.slice(start, end);
  const negated = text.startsWith('-') && text.length > 1;
  const positive = negated ? text.slice(1) : text;
  const field = FIELD.exec(positive)?.[1]?.toLowerCase() ?? null;
  const value = field === null ? positive : positive.slice(field.length + 1);
  return { text, start, end, negated, field, value };
}

/** The terms of a filter as they stand, each OR between them included. */
export function termsAsWritten(q: string): Term[] {
  const terms: Term[] = [];
  let at = 0;
  while (at < q.length) {
    if (isSpace(q[at])) {
      at += 1;
      continue;
    }
    const end = afterTerm(q, at);
    // A sign between the words of a name, as in `Rao & Sons`, asks for nothing.
    if (terms.length === 0 || !STROKE.test(q.slice(at, end))) terms.push(termAt(q, at, end));
    at = end;
  }
  return terms;
}

/** The terms of a filter, in order. One with an OR outside of parentheses is a single term. */
export function termsOf(q: string): Term[] {
  const terms = termsAsWritten(q);
  if (!terms.some(({ text }) => text === 'OR')) return terms;
  const first = terms[0] as Term;
  const last = terms[terms.length - 1] as Term;
  const text = q.slice(first.start, last.end);
  return [
    { text, start: first.start, end: last.end, negated: false, field: null, value: `(${text})` },
  ];
}

/** A term as it may stand beside others. */
const textOf = (term: Term): string =>
  term.field === null && !term.negated ? term.value : term.text;

/** With each term as `write` wants it; null takes it away, undefined leaves it. */
export const rewritten = (q: string, write: (term: Term) => string | null | undefined): string =>
  termsOf(q)
    .flatMap((term) => {
      const text = write(term);
      return text === null ? [] : (text ?? textOf(term));
    })
    .join(' ');

/** The values of a term, as they are meant; `none`, ranges and the like stay as they are written. */
export const valuesOf = (term: Term): string[] => membersOf(term).map(unquoted).filter(Boolean);

const GROUPED = /^(\d{1,2}(,\d{2})*,\d{3}|\d{1,3}(,\d{3})+)(\.\d{1,2})?$/;

/** Whether a comparison is with an amount in groups (`>1,24,310`), which is no list; a mere `1,24,310` is one. */
function isGrouped(value: string): boolean {
  const [, sign = '', rest = ''] = /^([<>]=?)?(.*)$/.exec(value) ?? [];
  const ends = rest.split('..');
  return (
    (sign !== '' || ends.length === 2) &&
    rest.includes(',') &&
    ends.every((end) => !end.includes(',') || GROUPED.test(end))
  );
}

/** The values of a term as they are written, quotation marks included. */
export function membersOf(term: Term): string[] {
  const members: string[] = [];
  let from = 0;
  let at = 0;
  const { value } = term;
  if (term.field === 'amount' && isGrouped(value)) return [value.replaceAll(',', '')];
  while (at <= value.length) {
    if (value[at] === '"') at = afterQuote(value, at);
    if (at >= value.length || value[at] === ',') {
      members.push(value.slice(from, at));
      from = at + 1;
    }
    at += 1;
  }
  return members;
}

/** What a value between quotation marks means. */
export const unquoted = (text: string): string =>
  text.startsWith('"') ? text.replace(/^"|"$/g, '').replaceAll('""', '"') : text;

/** A value as it has to be written to mean itself. */
export function written(value: string): string {
  const plain = /^[\p{L}\p{N}_/.&+-]+$/u.test(value) && !value.includes('..');
  return plain && !/^(none|any)$/i.test(value) && !value.startsWith('-')
    ? value
    : `"${value.replaceAll('"', '""')}"`;
}

/** Without the term that begins at `start`. */
export const without = (q: string, start: number): string =>
  rewritten(q, (term) => (term.start === start ? null : undefined));

/** Whether a term asks for some values of `field`, and nothing else. */
const isOf = (term: Term, field: string) => term.field === field && !term.negated;

/** Without every term that asks for values of `field`. */
export const withoutField = (q: string, field: string): string =>
  rewritten(q, (term) => (isOf(term, field) ? null : undefined));

/** The values of `field` that a filter asks for, as they are meant. */
export const chosenIn = (q: string, field: string): string[] =>
  termsOf(q)
    .filter((term) => isOf(term, field))
    .flatMap(valuesOf);

/** With the values of `field` set anew, as they are to be written; none takes the term away. */
export function withValues(q: string, field: string, texts: string[]): string {
  const rest = withoutField(q, field);
  return texts.length === 0 ? rest : `${field}:${texts.join(',')} ${rest}`.trim();
}

/** Takes a value of `field` into the filter, or out of it. `raw` is for ranges, written as they are. */
export function toggled(q: string, field: string, value: string, raw = false): string {
  const fold = (text: string) => text.toLowerCase();
  const chosen = chosenIn(q, field);
  const isIn = chosen.some((one) => fold(one) === fold(value));
  const next = isIn ? chosen.filter((one) => fold(one) !== fold(value)) : [...chosen, value];
  return withValues(q, field, raw ? next : next.map(written));
}

/** Adds a term at the end. */
export const withTerm = (q: string, term: string): string =>
  `${rewritten(q, () => undefined)} ${term}`.trim();
