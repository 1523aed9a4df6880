import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CloudOff, Download, SearchX } from 'lucide-react';
import { type AuditEntry, type AuditFilter, auditFile, fetchAudit } from '../api/rights';
import { addDays, formatMoment } from '../lib/dates';
import { plural } from '../lib/text';
import { SearchBox } from '../screens/SearchBox';
import { placeOf, useMe } from '../shell/session';
import { DateField } from '../ui/DateField';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { changesOf, ENTITIES, fieldLabel, sentenceOf } from './audit';
import { endOfDay } from './grants';
import { Toolbar } from './Toolbar';

export interface AuditSearch {
  search?: string;
  entity?: string;
  /** Whom it is about: an id. */
  user?: string;
  /** The first and the last day, YYYY-MM-DD. */
  from?: string;
  to?: string;
}

/** Who did what: sign-ins, and every change of users, rights, keys and sessions. */
export function Audit() {
  const { timeZone, today } = placeOf(useMe());
  const asked = useSearch({ strict: false }) as AuditSearch;
  const navigate = useNavigate();
  const go = (change: AuditSearch, replace = false) =>
    void navigate({
      to: '/start/admin/audit',
      search: (before: AuditSearch) => ({ ...before, ...change }),
      replace,
    });
  const filter: AuditFilter = {
    ...asked,
    from: asked.from && endOfDay(addDays(asked.from, -1), timeZone),
    to: asked.to && endOfDay(asked.to, timeZone),
  };
  const log = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) => fetchAudit(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
  const found = log.data?.pages.flatMap((page) => page.results);
  const isNarrow = Object.values(asked).some(Boolean);
  return (
    <div className="flex-1 min-h-0 flex flex-col">
      <Toolbar>
        <SearchBox
          q={asked.search ?? ''}
          label="Search the log"
          placeholder="Name, e-mail, address"
          invalid={false}
          onSearch={(text, replace) => go({ search: text || undefined }, replace)}
        />
        <span className="flex-1 max-md:hidden" />
        <a className="btn" href={auditFile(filter)} download>
          <Download size={15} aria-hidden />
          Export
        </a>
      </Toolbar>
      <div className="flex flex-none flex-wrap items-end gap-3 px-3 py-2.5 border-b border-line bg-surface">
        <Field label="About" className="max-md:w-full">
          {(shared) => (
            <select
              {...shared}
              value={asked.entity ?? ''}
              onChange={(event) => go({ entity: event.target.value || undefined })}
            >
              <option value="">Everything</option>
              {ENTITIES.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <DateField
          key={`from ${asked.from}`}
          className="w-36 max-md:flex-1"
          label="From"
          value={asked.from ?? null}
          today={today}
          onDate={(from) => go({ from: from ?? undefined })}
        />
        <DateField
          key={`to ${asked.to}`}
          className="w-36 max-md:flex-1"
          label="To"
          value={asked.to ?? null}
          today={today}
          onDate={(to) => go({ to: to ?? undefined })}
        />
        {asked.user && <span className="text-ink-2 h-8 content-center">Only of one account</span>}
        {isNarrow && (
          <button
            type="button"
            className="btn max-md:w-full"
            onClick={() => void navigate({ to: '/start/admin/audit', search: {} })}
          >
            Show everything
          </button>
        )}
      </div>
      {log.error && !found ? (
        <Notice icon={CloudOff} role="alert" title="The log could not be loaded">
          {log.error.message}
        </Notice>
      ) : found?.length === 0 && !log.hasNextPage ? (
        <Notice icon={SearchX} title="Nothing matches">
          No entry of the log has all of this.
        </Notice>
      ) : (
        <div
          role="region"
          aria-label="Log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
          tabIndex={0}
          className="flex-1 min-h-0 overflow-auto -outline-offset-2"
        >
          <ol aria-busy={!found} className="bg-surface">
            {found?.map((entry) => (
              <Entry key={entry.seq} entry={entry} timeZone={timeZone} today={today} />
            ))}
          </ol>
          {log.hasNextPage && (
            <div className="p-4 text-center">
              <button
                type="button"
                className="btn"
                disabled={log.isFetchingNextPage}
                onClick={() => void log.fetchNextPage()}
              >
                Show more
              </button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}

interface EntryProps {
  entry: AuditEntry;
  timeZone: string;
  today: string;
}

function Entry({ entry, timeZone, today }: EntryProps) {
  const { who, deed } = sentenceOf(entry);
  const ended =
    entry.ended_sessions > 0 && `${plural(entry.ended_sessions, 'session or key')} ended`;
  const via = entry.via === 'command' ? 'on the command line' : entry.via === 'key' ? 'by key' : '';
  const notes = [entry.detail, ended, via, entry.address].filter(Boolean);
  const failed = entry.kind.endsWith('_failed');
  return (
    <li className="grid md:grid-cols-[140px_1fr] gap-x-4 px-4 py-2.5 border-b border-line">
      <time dateTime={entry.at} className="text-ink-2 tabular-nums max-md:text-xs">
        {formatMoment(entry.at, timeZone, today)}
      </time>
      <div className="grid gap-0.5 min-w-0">
        <p className={`wrap-anywhere ${failed ? 'text-danger' : ''}`}>
          {who && <b className="font-medium">{who}</b>} {deed}
        </p>
        {changesOf(entry).map((change) => (
          <p key={change.field} className="wrap-anywhere">
            <span className="text-ink-2">{fieldLabel(change.field)}:</span>{' '}
            {change.old && <s className="text-ink-2">{change.old}</s>} {change.old && '→ '}
            {change.new || <i className="text-ink-2">empty</i>}
          </p>
        ))}
        {notes.length > 0 && (
          <p className="text-ink-2 text-xs wrap-anywhere">{notes.join(' · ')}</p>
        )}
      </div>
    </li>
  );
}
