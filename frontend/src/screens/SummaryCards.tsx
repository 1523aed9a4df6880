import { Link } from '@tanstack/react-router';
import { formatDate } from '../lib/dates';
import { formatAmount, formatCount } from '../lib/text';

interface TopListProps {
  title: string;
  /** The field of the filter language that names an entry. */
  field: string;
  entries: { name: string; count: number; amount: string }[];
}

/** The largest few of something; each leads to its rows. */
export function TopList({ title, field, entries }: TopListProps) {
  return (
    <article className="panel p-4 grid content-start gap-3">
      <h2 className="font-medium text-ink-2">{title}</h2>
      <ul className="grid gap-0.5 -mx-2">
        {entries.slice(0, 8).map((entry) => (
          <li key={entry.name}>
            <Link
              to="/start/challans"
              search={{ q: `${field}:"${entry.name.replaceAll('"', '')}"` }}
              className="flex items-center gap-3 h-7 px-2 rounded-md hover:bg-sunken"
            >
              <span className="flex-1 truncate">{entry.name}</span>
              <span className="tabular-nums">{formatCount(entry.count)}</span>
              <span className="w-28 text-right tabular-nums text-ink-2">
                ₹ {formatAmount(entry.amount)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </article>
  );
}

interface IssuedPerDayProps {
  days: { date: string; count: number }[];
  timeZone: string;
}

/** A bar per day of the days given, the last on the right. */
export function IssuedPerDay({ days, timeZone }: IssuedPerDayProps) {
  const shown = days.slice(-30);
  const most = Math.max(1, ...shown.map((day) => day.count));
  const first = shown[0];
  const last = shown[shown.length - 1];
  return (
    <article className="panel p-4 grid content-start gap-3">
      <h2 className="font-medium text-ink-2">Issued per day</h2>
      <ol className="flex items-end gap-[3px] h-36">
        {shown.map((day) => (
          <li key={day.date} className="flex-1 h-full">
            <Link
              to="/start/challans"
              search={{ q: `date:${day.date}` }}
              title={`${formatDate(day.date, timeZone)}: ${formatCount(day.count)}`}
              aria-label={`${formatDate(day.date, timeZone)}: ${formatCount(day.count)} issued`}
              className="group flex items-end h-full"
            >
              <span
                aria-hidden
                className="block w-full rounded-sm bg-accent/70 group-hover:bg-accent min-h-px"
                style={{ height: `${(day.count / most) * 100}%` }}
              />
            </Link>
          </li>
        ))}
      </ol>
      {first && last && (
        <div className="flex justify-between text-xs text-ink-2 tabular-nums">
          <span>{formatDate(first.date, timeZone)}</span>
          <span>{formatDate(last.date, timeZone)}</span>
        </div>
      )}
    </article>
  );
}
