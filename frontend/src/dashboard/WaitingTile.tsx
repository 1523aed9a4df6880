import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Equal } from 'lucide-react';
import type { Before, Waiting as Figures } from '../client/tracker';
import { formatAmount, formatCount, plural } from '../lib/text';
import { bucketFilter, daysLabel, trendOf, type Waiting } from './waiting';

interface WaitingTileProps {
  waiting: Waiting;
  /** Null where this person may not see it; undefined while it is read. */
  figures: Figures | null | undefined;
  today: string;
}

/** One kind of waiting: how many, worth how much, and since when; each bar is a link to its rows. */
export function WaitingTile({ waiting, figures, today }: WaitingTileProps) {
  if (figures === null) return null;
  const most = Math.max(1, ...(figures?.buckets.map(({ count }) => count) ?? []));
  return (
    <article className="panel p-4 grid gap-3 content-start min-w-0">
      <Link
        to="/start/challans"
        search={{ q: waiting.q }}
        className="grid gap-1 -m-2 p-2 rounded-md hover:bg-sunken"
      >
        <h2 className="font-medium text-ink-2">{waiting.title}</h2>
        <span className="flex items-baseline gap-3 flex-wrap">
          <span className="text-[28px] leading-8 font-semibold tabular-nums">
            {figures ? formatCount(figures.count) : <i className="skeleton h-8 w-16" />}
          </span>
          {figures?.amount && (
            <span className="tabular-nums text-ink-2">₹ {formatAmount(figures.amount)}</span>
          )}
        </span>
      </Link>
      {figures?.before && <TrendLine count={figures.count} before={figures.before} />}
      <ul aria-label={`${waiting.title}, by days ${waiting.since}`} className="grid gap-0.5 -mx-2">
        {figures?.buckets.map((bucket) => (
          <li key={bucket.from_days}>
            <Link
              to="/start/challans"
              search={{ q: bucketFilter(waiting, bucket, today) }}
              className="grid grid-cols-[104px_1fr_auto] max-md:grid-cols-[124px_1fr_auto] items-center gap-2 h-7 max-md:h-11 px-2 rounded-md hover:bg-sunken"
              title={bucket.amount ? `₹ ${formatAmount(bucket.amount)}` : undefined}
            >
              <span className="text-ink-2 whitespace-nowrap">{daysLabel(bucket)}</span>
              <span aria-hidden className="h-2.5 rounded-sm bg-sunken overflow-hidden">
                <span
                  className={`block h-full rounded-sm ${bucket.from_days >= 16 ? 'bg-orange-ink' : 'bg-accent'}`}
                  style={{ width: `${(bucket.count / most) * 100}%` }}
                />
              </span>
              <span className="tabular-nums text-right min-w-12">
                {formatCount(bucket.count)}
                <span className="sr-only">
                  {' '}
                  {plural(bucket.count, 'challan').replace(/^\S+ /, '')}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </article>
  );
}

const ICONS = { more: ArrowUp, fewer: ArrowDown, same: Equal };

/** How many more or fewer wait than on an earlier day; the number of that day leads to what waited then. */
function TrendLine({ count, before }: { count: number; before: Before }) {
  const { way, change, earlier } = trendOf(count, before);
  const Icon = ICONS[way];
  return (
    <p className="-mt-1 flex flex-wrap items-center text-ink-2">
      <Icon size={14} aria-hidden className="flex-none mr-1" />
      {change}
      <Link
        to="/start/challans"
        search={{ q: before.q }}
        className="inline-flex items-center px-1 py-0.5 max-md:min-h-11 rounded-md underline decoration-line-strong underline-offset-2 hover:bg-sunken hover:text-ink"
        title={before.amount ? `₹ ${formatAmount(before.amount)}` : undefined}
      >
        {earlier}
      </Link>
    </p>
  );
}
