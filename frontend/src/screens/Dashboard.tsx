import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CloudOff } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { may } from '../api/accounts';
import { fetchFacets } from '../api/challans';
import { ProblemError } from '../api/http';
import { STAGES } from '../api/types';
import { formatCount, STAGE_LABELS } from '../lib/text';
import { useLive } from '../live/LiveProvider';
import { ConnectionLight } from '../shell/ConnectionLight';
import { placeOf, useMe } from '../shell/session';
import { Notice } from '../ui/Notice';
import { Denied } from './ListNotice';
import { ShortList, type ShortListView } from './ShortList';

/** Figures are read anew at most this often while changes come in, ms. */
const PAUSE = 2_000;

const LISTS: ShortListView[] = [
  {
    title: 'POD missing longest',
    q: 'stage:delivered',
    sort: 'delivered_at',
    when: 'delivered_at',
  },
  { title: 'Waiting for an invoice', q: 'stage:pod_received', sort: 'date', when: 'date' },
  { title: 'Changed last', q: undefined, sort: '-updated_at', when: 'updated_at' },
];

function useFigures(reads: boolean) {
  const queries = useQueryClient();
  const live = useLive();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const facets = useQuery({
    queryKey: ['facets', ''],
    queryFn: ({ signal }) => fetchFacets('', 'stage', signal),
    retry: false,
    enabled: reads,
  });
  useEffect(() => {
    const readAnew = () => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        void queries.invalidateQueries({ queryKey: ['facets'] });
        void queries.invalidateQueries({ queryKey: ['short'] });
      }, PAUSE);
    };
    const stop = live.listen({ challan: readAnew, gone: readAnew, reset: readAnew });
    return () => {
      stop();
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [live, queries]);
  return facets;
}

/** What is where, and what waits: every number leads to the rows behind it. */
export function Dashboard() {
  const me = useMe();
  const place = placeOf(me);
  const reads = may(me, 'challan:read');
  const facets = useFigures(reads);
  const { error } = facets;
  if (!reads || (error instanceof ProblemError && error.status === 403)) {
    return (
      <>
        <h1 className="sr-only">Dashboard</h1>
        <Denied />
      </>
    );
  }
  const readAt = new Date(facets.dataUpdatedAt);
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone: place.timeZone,
    timeStyle: 'medium',
  }).format(readAt);
  return (
    <>
      <header className="flex flex-none items-center gap-3 h-12 px-4 border-b border-line bg-surface">
        <h1 className="text-base font-semibold flex-1">Dashboard</h1>
        <span className="text-xs text-ink-2 tabular-nums flex items-center gap-3">
          {facets.data && <span>as of {time}</span>}
          <ConnectionLight />
        </span>
      </header>
      {error && !facets.data ? (
        <Notice
          icon={CloudOff}
          role="alert"
          title="The figures could not be loaded"
          action={
            <button type="button" className="btn" onClick={() => void facets.refetch()}>
              Try again
            </button>
          }
        >
          {error.message}
        </Notice>
      ) : (
        <div className="flex-1 min-h-0 overflow-auto">
          <div className="grid gap-6 p-4 md:p-6 max-w-[1240px] mx-auto">
            <StageCounts counts={facets.data?.stage ?? undefined} />
            <section aria-label="Waiting" className="grid lg:grid-cols-3 gap-3">
              {LISTS.map((list) => (
                <ShortList key={list.title} {...list} place={place} />
              ))}
            </section>
          </div>
        </div>
      )}
    </>
  );
}

function StageCounts({ counts }: { counts: { value: string; count: number }[] | undefined }) {
  const byStage = new Map(counts?.map((facet) => [facet.value, facet.count]));
  return (
    <section aria-label="Challans by stage" className="grid grid-cols-2 md:grid-cols-4 gap-3">
      {STAGES.map((stage) => (
        <Link
          key={stage}
          to="/start/challans"
          search={{ q: `stage:${stage}` }}
          className="panel p-4 grid gap-2 hover:border-line-strong hover:bg-sunken"
        >
          <span>
            <span className="pill" data-stage={stage}>
              {STAGE_LABELS[stage]}
            </span>
          </span>
          <span className="text-[28px] leading-8 font-semibold tabular-nums">
            {counts ? formatCount(byStage.get(stage) ?? 0) : <i className="skeleton h-8 w-16" />}
          </span>
        </Link>
      ))}
    </section>
  );
}
