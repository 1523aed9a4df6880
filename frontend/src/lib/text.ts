import type { Person, Stage } from '../api/types';

const rupees = new Intl.NumberFormat('en-IN', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const whole = new Intl.NumberFormat('en-IN');

/** `"124310.50"` as `1,24,310.50`. Amounts keep to 2^53 paise, far above decimal(14,2). */
export const formatAmount = (amount: string | number): string => rupees.format(Number(amount));

export const formatCount = (count: number): string => whole.format(count);

/** `1 challan`, `1,284 challans`. */
export const plural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Digits in groups of the Indian or of the western kind, or in none: a `12,34` is a slip, or 12.34 elsewhere. */
const GROUPED = /^(\d+|\d{1,2}(,\d{2})*,\d{3}|\d{1,3}(,\d{3})+)(\.\d{0,2})?$/;

/** Reads an amount as typed: `1,24,310.5`, `₹ 500`. Returns the wire's text, or null. */
export function parseAmountEntry(text: string): string | null {
  const entry = text.replace(/[₹\s]/g, '');
  const digits = entry.replaceAll(',', '');
  if (!GROUPED.test(entry) || !/^\d{1,12}(\.|$)/.test(digits)) return null;
  return Number(digits).toFixed(2);
}

/** Splits `Ravi, S. Iyer` into names. */
export const parseListEntry = (text: string): string[] =>
  text
    .split(/[,;\n]/)
    .map((name) => name.trim())
    .filter(Boolean);

export function personName(person: Person | undefined): string {
  if (!person) return 'Somebody';
  return typeof person === 'string' ? person : person.name;
}

export function initials(name: string): string {
  const words = name.split(/[\s.@_-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? '?') + (words[1]?.[0] ?? '')).toUpperCase();
}

export const STAGE_LABELS: Record<Stage, string> = {
  draft: 'Draft',
  issued: 'Issued',
  dispatched: 'Dispatched',
  delivered: 'Delivered',
  pod_received: 'POD received',
  invoiced: 'Invoiced',
  submitted: 'Submitted',
  void: 'Void',
};
