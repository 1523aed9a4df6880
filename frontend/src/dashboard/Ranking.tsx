import { Link } from '@tanstack/react-router';
import { written } from '../finding/terms';
import { formatAmount, formatCount } from '../lib/text';

interface RankingProps {
  title: string;
  /** The filter's field that the names are values of. */
  field: 'customer' | 'executive';
  /** Null where this person may not see it. */
  rows: { name: string; count: number; amount?: string | null }[] | null;
}

/** Those with the most challans, each a link to them. */
export function Ranking({ title, field, rows }: RankingProps) {
  if (rows === null) return null;
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <section aria-label={title} className="panel p-4 grid gap-2 content-start min-w-0">
      <h2 className="font-medium text-ink-2">{title}</h2>
      {rows.length === 0 && <p className="text-ink-2 py-1">None yet.</p>}
      <ol className="grid gap-0.5 -mx-2">
        {rows.map(({ name, count, amount }) => (
          <li key={name}>
            <Link
              to="/start/challans"
              search={{ q: `${field}:${written(name)}` }}
              className="relative grid grid-cols-[1fr_auto_152px] max-md:grid-cols-[1fr_auto] items-center gap-3 h-8 max-md:h-11 px-2 rounded-md hover:bg-sunken"
            >
              <span className="truncate">{name}</span>
              <span className="tabular-nums text-right">{formatCount(count)}</span>
              <span className="tabular-nums text-right text-ink-2 whitespace-nowrap max-md:hidden">
                {amount ? `₹ ${formatAmount(amount)}` : ''}
              </span>
              <span
                aria-hidden
                className="absolute left-2 bottom-0.5 h-0.5 rounded bg-accent"
                style={{ width: `calc(${(count / most) * 100}% - 16px)` }}
              />
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
