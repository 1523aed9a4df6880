/** Challan numbers as a template makes them; the server's own rules decide, this shows what comes of it. */
import type { Reset } from '../api/customers';

export const RESETS: { value: Reset; label: string }[] = [
  { value: 'monthly', label: 'Each month' },
  { value: 'financial_year', label: 'Each financial year, in April' },
  { value: 'yearly', label: 'Each calendar year, in January' },
  { value: 'never', label: 'Never' },
];

export const resetLabel = (reset: Reset): string =>
  RESETS.find(({ value }) => value === reset)?.label ?? reset;

const two = (n: number) => String(n % 100).padStart(2, '0');

/** The number that `template` makes of the `n`th challan of a day, YYYY-MM-DD; null where it is no template. */
export function numberOf(template: string, day: string, n: number): string | null {
  const [year = 0, month = 0] = day.split('-').map(Number);
  const start = month >= 4 ? year : year - 1;
  const parts: Record<string, string> = {
    YY: two(year),
    YYYY: String(year),
    FY: two(start) + two(start + 1),
    MM: two(month),
  };
  let sequences = 0;
  let unknown = false;
  const text = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const digits = /^SEQ:(\d{1,2})$/.exec(name)?.[1];
    if (digits) {
      sequences += 1;
      return String(n).padStart(Number(digits), '0');
    }
    unknown ||= !(name in parts);
    return parts[name] ?? '';
  });
  const isNumber = /^[A-Z0-9/-]{1,16}$/.test(text);
  return sequences === 1 && !unknown && isNumber ? text : null;
}
