import { Link } from '@tanstack/react-router';
import type { Ageing, Bucket } from '../api/types';
import { formatAmount, formatCount } from '../lib/text';

export interface AgeingView {
  title: string;
  /** The filter of the rows counted. */
  q: string;
  /** Colour of the bars. */
  tone: string;
}

const daysOf = (bucket: Bucket): string =>
  bucket.to_days === null ? `${bucket.from_days}+` : `${bucket.from_days}–${bucket.to_days}`;

/** What waits for a step, by the days it has waited, with the money in it. */
export function AgeingCard({ title, q, tone, ageing }: AgeingView & { ageing: Ageing }) {
  const most = Math.max(1, ...ageing.buckets.map((bucket) => bucket.count));
  return (
    <article className="panel p-4 grid content-start gap-3">
      <h2 className="font-medium text-ink-2">{title}</h2>
      <Link to="/start/challans" search={{ q }} className="grid gap-0.5 hover:text-accent">
        <span className="text-[28px] leading-8 font-semibold tabular-nums">
          {formatCount(ageing.count)}
        </span>
        <span className="text-ink-2 tabular-nums">₹ {formatAmount(ageing.amount)}</span>
      </Link>
      <ul className="grid gap-1">
        {ageing.buckets.map((bucket) => (
          <li
            key={bucket.from_days}
            className="grid grid-cols-[64px_1fr_56px] items-center gap-2 h-6"
          >
            <span className="text-xs text-ink-2 tabular-nums">{daysOf(bucket)} days</span>
            <span aria-hidden className="h-2.5 rounded bg-sunken overflow-hidden">
              <span
                className="block h-full rounded"
                style={{
                  width: `${(bucket.count / most) * 100}%`,
                  background: `color-mix(in oklab, ${tone} 65%, var(--surface))`,
                }}
              />
            </span>
            <span className="text-right tabular-nums">{formatCount(bucket.count)}</span>
          </li>
        ))}
      </ul>
    </article>
  );
}
