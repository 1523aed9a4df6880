/** Civil dates as people here write them, and instants as they read them. */

const pad = (n: number) => String(n).padStart(2, '0');

const isoOf = (year: number, month: number, day: number): string | null => {
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real ? `${year}-${pad(month)}-${pad(day)}` : null;
};

/** Whether a text is a day that there is, `YYYY-MM-DD`. */
export const isDay = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return isoOf(year, month, day) === text;
};

/** The civil date `days` after `iso`. */
export function addDays(iso: string, days: number): string {
  const date = new Date(`${iso}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/**
 * Reads what a person typed or a spreadsheet shows: `5/7`, `05-07-26`, `5 7 2026`, `5-Jul-26`,
 * `2026-07-05`, `today`, `yesterday`, `tomorrow`. A date without a year is the one nearest to `today`. Returns `YYYY-MM-DD`, or null
 * where the text is no date.
 */
export function parseDateEntry(text: string, today: string): string | null {
  const entry = text.trim().toLowerCase();
  if (entry === 'today' || entry === 't') return today;
  if (entry === 'yesterday') return addDays(today, -1);
  if (entry === 'tomorrow') return addDays(today, 1);
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(entry);
  if (iso) return isoOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const local = /^(\d{1,2})[\s./-](\d{1,2}|[a-z]{3,9})(?:[\s./,-]+(\d{4}|\d{2}))?$/.exec(entry);
  if (!local) return null;
  const day = Number(local[1]);
  const month = monthOf(local[2] ?? '');
  if (!local[3]) return nearestYear(day, month, today);
  const year = Number(local[3]);
  return isoOf(year < 100 ? 2000 + year : year, month, day);
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** A month by its number or its name, of which three letters are enough; 0, which is none, where it is neither. */
const monthOf = (text: string): number =>
  /\d/.test(text) ? Number(text) : 1 + MONTHS.findIndex((name) => name.startsWith(text));

function nearestYear(day: number, month: number, today: string): string | null {
  const year = Number(today.slice(0, 4));
  const at = Date.parse(today);
  const choices = [year - 1, year, year + 1]
    .map((candidate) => isoOf(candidate, month, day))
    .filter((candidate) => candidate !== null);
  choices.sort((a, b) => Math.abs(Date.parse(a) - at) - Math.abs(Date.parse(b) - at));
  return choices[0] ?? null;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A format, made once: making one takes longer than a thousand uses. */
function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, options);
  formats.set(key, made);
  return made;
}

/** The civil date, in the organisation's time zone, of a date or an instant. */
export function civilDate(value: string, timeZone: string): string {
  if (value.length <= 10) return value;
  const instant = new Date(value);
  if (Number.isNaN(instant.getTime())) return value;
  return formatOf('en-CA', { timeZone }).format(instant);
}

/** `2026-07-05` as `05-07-2026`; an instant by its date in the time zone. Empty for null. */
export function formatDate(value: string | null | undefined, timeZone: string): string {
  if (!value) return '';
  const [year, month, day] = civilDate(value, timeZone).split('-');
  return day ? `${day}-${month}-${year}` : value;
}

/** The time of day, `12:04`, and the date before it where it is not today's. */
export function formatMoment(value: string | null, timeZone: string, today: string): string {
  if (!value) return '';
  const instant = new Date(value);
  if (Number.isNaN(instant.getTime())) return value;
  const time = formatOf('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(instant);
  const date = civilDate(value, timeZone);
  return date === today ? time : `${formatDate(date, timeZone)} ${time}`;
}
