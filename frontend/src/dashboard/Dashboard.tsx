import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CloudOff } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { may } from '../api/accounts';
import { fetchSummary } from '../api/challans';
import { ProblemError } from '../api/http';
import { STAGES } from '../api/types';
import { formatCount, STAGE_LABELS } from '../lib/text';
import { useLive } from '../live/LiveProvider';
import { Denied } from '../screens/ListNotice';
import { ConnectionLight } from '../shell/ConnectionLight';
import { placeOf, useMe } from '../shell/session';
import { Notice } from '../ui/Notice';
import { IssuedChart } from './IssuedChart';
import { Ranking } from './Ranking';
import { ShortList, type ShortListView } from './ShortList';
import { WaitingTile } from './WaitingTile';
import { WAITING } from './waiting';

/** Figures are read anew at most this often while changes come in, ms. */
const PAUSE = 2_000;

const [withoutPod, withoutInvoice] = WAITING;

const LISTS: ShortListView[] = [
  {
    title: 'POD missing longest',
    q: withoutPod?.q,
    sort: 'delivered_at',
    when: 'delivered_at',
  },
  { title: 'Waiting for an invoice', q: withoutInvoice?.q, sort: 'date', when: 'date' },
  { title: 'Changed last', q: undefined, sort: '-updated_at', when: 'updated_at' },
];

function useFigures(reads: boolean) {
  const queries = useQueryClient();
  const live = useLive();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const summary = useQuery({
    queryKey: ['summary', ''],
    queryFn: ({ signal }) => fetchSummary('', signal),
    retry: false,
    enabled: reads,
  });
  useEffect(() => {
    const readAnew = () => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        void queries.invalidateQueries({ queryKey: ['summary'] });
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
  return summary;
}

/** What is where, and what waits: every number leads to the rows behind it. */
export function Dashboard() {
  const me = useMe();
  const place = placeOf(me);
  const reads = may(me, 'challan:read');
  const summary = useFigures(reads);
  const { error, data } = summary;
  if (!reads || (error instanceof ProblemError && error.status === 403)) {
    return (
      <>
        <h1 className="sr-only">Dashboard</h1>
        <Denied />
      </>
    );
  }
  const readAt = new Date(summary.dataUpdatedAt);
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone: place.timeZone,
    timeStyle: 'medium',
  }).format(readAt);
  return (
    <>
      <header className="flex flex-none items-center gap-3 h-12 px-4 border-b border-line bg-surface">
        <h1 className="text-base font-semibold flex-1">Dashboard</h1>
        <span className="text-xs text-ink-2 tabular-nums flex items-center gap-3">
          {data && <span>as of {time}</span>}
          <ConnectionLight />
        </span>
      </header>
      {error && !data ? (
        <Notice
          icon={CloudOff}
          role="alert"
          title="The figures could not be loaded"
          action={
            <button type="button" className="btn" onClick={() => void summary.refetch()}>
              Try again
            </button>
          }
        >
          {error.message}
        </Notice>
      ) : (
        <div className="flex-1 min-h-0 overflow-auto">
          <div className="grid gap-6 p-4 md:p-6 max-w-[1240px] mx-auto">
            <section aria-label="Waiting" className="grid lg:grid-cols-3 gap-3">
              {WAITING.map((waiting) => (
                <WaitingTile
                  key={waiting.name}
                  waiting={waiting}
                  figures={data ? (data[waiting.name] ?? null) : undefined}
                  today={place.today}
                />
              ))}
            </section>
            <StageCounts counts={data?.stages} />
            {data?.issued_per_day && (
              <section aria-label="Issued" className="panel p-4 grid gap-2 min-w-0">
                <h2 className="font-medium text-ink-2">Issued per day, the last thirty days</h2>
                <IssuedChart
                  issued={data.issued_per_day}
                  today={place.today}
                  timeZone={place.timeZone}
                />
              </section>
            )}
            {data && (
              <div className="grid lg:grid-cols-2 gap-3">
                <Ranking
                  title="Customers with the most challans"
                  field="customer"
                  rows={data.top_customers?.map((row) => ({ ...row, name: row.customer })) ?? null}
                />
                <Ranking
                  title="Executives with the most challans"
                  field="executive"
                  rows={data.by_executive?.map((row) => ({ ...row, name: row.executive })) ?? null}
                />
              </div>
            )}
            <section aria-label="Lists" className="grid lg:grid-cols-3 gap-3">
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
  const byStage = new Map(counts?.map((stage) => [stage.value, stage.count]));
  return (
    <section
      aria-label="Challans by stage"
      className="panel p-2 grid grid-cols-2 sm:grid-cols-4 xl:grid-cols-8 gap-1"
    >
      {STAGES.map((stage) => (
        <Link
          key={stage}
          to="/start/challans"
          search={{ q: `stage:${stage}` }}
          className="p-2 grid gap-1.5 rounded-md hover:bg-sunken"
        >
          <span>
            <span className="pill" data-stage={stage}>
              {STAGE_LABELS[stage]}
            </span>
          </span>
          <span className="text-xl leading-6 font-semibold tabular-nums">
            {counts ? formatCount(byStage.get(stage) ?? 0) : <i className="skeleton h-6 w-12" />}
          </span>
        </Link>
      ))}
    </section>
  );
}
