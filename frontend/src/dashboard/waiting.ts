/** What waits between the gate and the bank, and the filters that find it: each number is one's own count. */
import type { Before, Bucket, Summary } from '../client/tracker';
import { addDays, formatDate } from '../lib/dates';
import { formatCount } from '../lib/text';

export interface Waiting {
  name: 'delivered_without_pod' | 'pod_without_invoice' | 'invoiced_not_submitted';
  title: string;
  /** Since when the days are counted. */
  since: string;
  /** The filter, as the server counts by it, and the field of the day since when. */
  q: string;
  field: string;
}

export const WAITING: Waiting[] = [
  {
    name: 'delivered_without_pod',
    title: 'Delivered, POD missing',
    since: 'since delivery',
    q: 'delivered:any pod:no -stage:void,draft',
    field: 'delivered',
  },
  {
    name: 'pod_without_invoice',
    title: 'POD back, not invoiced',
    since: 'since the POD came',
    q: 'pod:yes invoice:none -stage:void,draft',
    field: 'pod_date',
  },
  {
    name: 'invoiced_not_submitted',
    title: 'Invoiced, not submitted',
    since: 'since the invoice',
    q: 'invoice_date:any invoice:any submitted:no -stage:void,draft',
    field: 'invoice_date',
  },
];

type Days = Pick<Bucket, 'from_days' | 'to_days'>;

/** `3 to 7 days`, `16 days or more`. */
export const daysLabel = ({ from_days: from, to_days: to }: Days): string =>
  to === null || to === undefined ? `${from} days or more` : `${from} to ${to} days`;

/** The filter of one bar: the same rows, with the days on which they began to wait. */
export function bucketFilter(waiting: Waiting, days: Days, today: string): string {
  const last = addDays(today, -days.from_days);
  const to = days.to_days;
  // What is dated ahead waits for no day at all, and is counted with the newest.
  const newest = days.from_days === 0;
  const range =
    to === null || to === undefined
      ? `<=${last}`
      : newest
        ? `>=${addDays(today, -to)}`
        : `${addDays(today, -to)}..${last}`;
  return `${waiting.field}:${range} ${waiting.q}`;
}

/** The days up to `today`, each with what was issued on it; days without any are zero. */
export function perDay(
  issued: NonNullable<Summary['issued_per_day']>,
  today: string,
  days: number,
): { date: string; count: number }[] {
  const counts = new Map(issued.map(({ date, count }) => [date, count]));
  return Array.from({ length: days }, (_, i) => {
    const date = addDays(today, i - days + 1);
    return { date, count: counts.get(date) ?? 0 };
  });
}

export interface Trend {
  way: 'more' | 'fewer' | 'same';
  /** `24 more than`. */
  change: string;
  /** `1,216 on 20-11-2026`: what waited then, by which its rows are found. */
  earlier: string;
}

/** How a count stands to that of an earlier day. */
export function trendOf(count: number, before: Pick<Before, 'count' | 'date'>): Trend {
  const earlier = `${formatCount(before.count)} on ${formatDate(before.date, '')}`;
  const by = count - before.count;
  if (by === 0) return { way: 'same', change: 'No change from', earlier };
  const way = by > 0 ? 'more' : 'fewer';
  return { way, change: `${formatCount(Math.abs(by))} ${way} than`, earlier };
}
