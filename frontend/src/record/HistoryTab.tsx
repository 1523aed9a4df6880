import { useInfiniteQuery } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { fetchHistory } from '../api/challans';
import type { Challan, HistoryEntry } from '../api/types';
import { formatValue, type Place } from '../grid/columns';
import { formatMoment } from '../lib/dates';
import { initials, personName } from '../lib/text';
import { ConflictNote } from './ConflictNote';
import { kindOf, labelOf } from './fields';
import { isMaking, putBack } from './history';
import { type PutBack, usePutBack } from './usePutBack';

const VIA: Record<string, string> = {
  site: 'on the site',
  key: 'by an API key',
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

const EMPTY = <i className="text-ink-2">empty</i>;

interface HistoryTabProps {
  record: Challan;
  place: Place;
  /** The row as somebody else left it, after a refused change. */
  onCurrent: (current: Challan) => void;
  /** A value of the field called `what` was put back. */
  onPutBack: (changed: Challan, what: string) => void;
}

/** Everything that happened to a challan, newest first. */
export function HistoryTab({ record, place, onCurrent, onPutBack }: HistoryTabProps) {
  const { id, version } = record;
  const back = usePutBack(record, onCurrent, onPutBack);
  const history = useInfiniteQuery({
    queryKey: ['history', id, version],
    queryFn: ({ pageParam, signal }) => fetchHistory(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
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
  const entries = history.data.pages.flatMap(({ results }) => results);
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
          <Entry key={entry.seq} entry={entry} record={record} place={place} back={back} />
        ))}
      </ol>
      {history.hasNextPage && (
        <button
          type="button"
          className="btn mx-4 mb-4"
          disabled={history.isFetching}
          onClick={() => void history.fetchNextPage()}
        >
          Show older ones
        </button>
      )}
    </div>
  );
}

interface EntryProps {
  entry: HistoryEntry;
  record: Challan;
  place: Place;
  back: PutBack;
}

function Entry({ entry, record, place, back }: EntryProps) {
  const name = personName(entry.by);
  const changes = entry.changes.filter((change) => !QUIET.has(change.field));
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
          <b className="font-medium">{name}</b> {DEEDS[entry.kind] ?? 'changed'}{' '}
          <time dateTime={entry.at ?? undefined} className="text-ink-2 whitespace-nowrap">
            {formatMoment(entry.at ?? null, place.timeZone, place.today)}
          </time>
        </p>
        {changes.map((change) => (
          <ChangeLine key={change.field} {...{ entry, change, record, place, back }} />
        ))}
        <p className="text-xs text-ink-2 wrap-anywhere">
          {VIA[entry.via] ?? entry.via}
          {entry.address && `, from ${entry.address}`}
        </p>
      </div>
    </li>
  );
}

/** One field of a change, and the way back to what it was before. */
function ChangeLine(props: EntryProps & { change: HistoryEntry['changes'][number] }) {
  const { entry, change, record, place, back } = props;
  const { field } = change;
  const kind = kindOf(field);
  const label = labelOf(field);
  const old = formatValue(kind, change.old, place);
  const set = putBack(entry, change, record);
  const at = `${entry.seq} ${field}`;
  const failed = back.failed?.at === at ? back.failed : null;
  return (
    <div className="grid gap-1">
      <div className="flex items-start gap-2">
        <p className="flex-1 min-w-0 wrap-anywhere">
          <span className="text-ink-2">{label}:</span>{' '}
          {!isMaking(entry) && (
            <>
              {old ? <s className="text-ink-2">{old}</s> : EMPTY} {'→ '}
            </>
          )}
          {formatValue(kind, change.new, place) || EMPTY}
        </p>
        {set && (
          <button
            type="button"
            className="btn ghost flex-none -my-[5px] max-md:-my-3"
            aria-label={`Restore ${label}: ${old || 'empty'}`}
            title={`Back to ${old || 'empty'}`}
            disabled={back.busy}
            onClick={() => void back.run(at, field, set)}
          >
            <RotateCcw size={14} aria-hidden />
            Restore
          </button>
        )}
      </div>
      {failed?.reason && (
        <p role="alert" className="text-xs text-danger">
          {failed.reason}
        </p>
      )}
      {failed?.conflict && (
        <ConflictNote
          conflict={failed.conflict}
          kind={kind}
          place={place}
          onKeepMine={() => (set ? void back.run(at, field, set, failed.version) : back.giveUp())}
          onTakeTheirs={back.giveUp}
        />
      )}
    </div>
  );
}
