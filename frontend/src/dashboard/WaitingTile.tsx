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

/** How many more or fewer wait than on an earlier day; it leads to what waited then. */
function TrendLine({ count, before }: { count: number; before: Before }) {
  const { way, text } = trendOf(count, before);
  const Icon = ICONS[way];
  const then = `${plural(before.count, 'challan')} then`;
  return (
    <Link
      to="/start/challans"
      search={{ q: before.q }}
      className="justify-self-start inline-flex items-center gap-1 -mx-2 -mt-1 px-2 py-0.5 max-md:min-h-11 rounded-md text-ink-2 hover:bg-sunken"
      title={before.amount ? `${then}, ₹ ${formatAmount(before.amount)}` : then}
    >
      <Icon size={14} aria-hidden className="flex-none" />
      {text}
    </Link>
  );
}
