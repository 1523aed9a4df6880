import { formatMoment } from '../lib/dates';
import { useConnection } from '../live/LiveProvider';
import { placeOf, useMe } from './session';

/** Whether what is shown is live, in words; the colour only repeats them. */
export function ConnectionLight() {
  const { connection, since } = useConnection();
  const place = placeOf(useMe());
  const from = since
    ? `, showing data from ${formatMoment(since.toISOString(), place.timeZone, place.today)}`
    : '';
  const words = {
    live: 'Live',
    connecting: 'Connecting…',
    reconnecting: `Reconnecting${from}…`,
    offline: `Offline${from}`,
  }[connection];
  const colour = {
    live: 'bg-[var(--green-ink)]',
    connecting: 'bg-ink-2',
    reconnecting: 'bg-[var(--amber-ink)]',
    offline: 'bg-danger',
  }[connection];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" role="status">
      <span aria-hidden className={`size-2 rounded-full ${colour}`} />
      {words}
    </span>
  );
}
