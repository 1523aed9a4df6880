import { useQuery } from '@tanstack/react-query';
import { fetchHistory } from '../api/challans';
import type { HistoryEntry } from '../api/types';
import { formatValue, type Place } from '../grid/columns';
import { formatMoment } from '../lib/dates';
import { initials, personName } from '../lib/text';
import { kindOf, labelOf } from './fields';

const VIA: Record<string, string> = {
  key: 'by another system',
  import: 'by import',
  ingest: 'by another system',
  undo: 'by undo',
};

const DEEDS: Record<string, string> = {
  create: 'made this challan',
  created: 'made this challan',
  delete: 'deleted it',
  deleted: 'deleted it',
  restore: 'restored it',
  restored: 'restored it',
  issue: 'issued it',
  issued: 'issued it',
  void: 'voided it',
  voided: 'voided it',
};

/** Fields of the record's own bookkeeping, which say nothing to a reader. */
const QUIET = new Set(['version', 'updated_at', 'updated_by', 'created_at', 'created_by', 'id']);

interface HistoryTabProps {
  id: string;
  version: number;
  place: Place;
}

/** Everything that happened to a challan, newest first. */
export function HistoryTab({ id, version, place }: HistoryTabProps) {
  const history = useQuery({
    queryKey: ['history', id, version],
    queryFn: ({ signal }) => fetchHistory(id, signal),
    placeholderData: (before) => before,
  });
  if (history.error) {
    return (
      <p role="alert" className="p-4 text-danger">
        {history.error.message}
      </p>
    );
  }
  if (!history.data) {
    return (
      <div className="p-4 grid gap-4" role="status" aria-label="Loading history">
        <i className="skeleton" />
        <i className="skeleton" />
        <i className="skeleton" />
      </div>
    );
  }
  const entries = [...history.data.results].sort((a, b) => b.seq - a.seq);
  return (
    <div
      role="region"
      aria-label="History"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
      tabIndex={0}
      className="flex-1 min-h-0 overflow-auto -outline-offset-2"
    >
      <ol className="p-4 grid content-start gap-4">
        {entries.map((entry) => (
          <Entry key={entry.seq} entry={entry} place={place} />
        ))}
      </ol>
    </div>
  );
}

function Entry({ entry, place }: { entry: HistoryEntry; place: Place }) {
  const name = personName(entry.by);
  const changes = entry.changes.filter((change) => !QUIET.has(change.field));
  const made = entry.kind.startsWith('create');
  return (
    <li className="grid grid-cols-[28px_1fr] gap-x-3">
      <span
        aria-hidden
        className="grid place-items-center size-7 rounded-full bg-sunken border border-line text-[10px] font-semibold text-ink-2"
      >
        {initials(name)}
      </span>
      <div className="grid gap-1 min-w-0">
        <p>
          <b className="font-medium">{name}</b> {DEEDS[entry.kind] ?? 'changed'} {VIA[entry.via]}{' '}
          <time dateTime={entry.at ?? undefined} className="text-ink-2 whitespace-nowrap">
            {formatMoment(entry.at ?? null, place.timeZone, place.today)}
          </time>
        </p>
        {!made &&
          changes.map((change) => {
            const kind = kindOf(change.field);
            const old = formatValue(kind, change.old, place);
            return (
              <p key={change.field} className="wrap-anywhere">
                <span className="text-ink-2">{labelOf(change.field)}:</span>{' '}
                {old && <s className="text-ink-2">{old}</s>} {old && '→ '}
                {formatValue(kind, change.new, place) || <i className="text-ink-2">empty</i>}
              </p>
            );
          })}
      </div>
    </li>
  );
}
