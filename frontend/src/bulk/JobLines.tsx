import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, LoaderCircle, X } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { may } from '../api/accounts';
import { fetchBatch } from '../api/batches';
import { announce } from '../lib/announce';
import { formatCount } from '../lib/text';
import { useLive } from '../live/LiveProvider';
import { useMe } from '../shell/session';
import { toast } from '../ui/toasts';
import { stepBack, toastUndo } from '../undo/undo';
import { dismissJob, findJobs, hearOf, type Job, onJobEnd, useJobs } from './jobs';
import { doing, done } from './words';

const Why = lazy(() => import('./WhyDialog').then((module) => ({ default: module.WhyDialog })));

/** What goes on in the background for me, at the foot of every page, until it is done and looked at. */
export function JobLines() {
  const me = useMe();
  const live = useLive();
  const queries = useQueryClient();
  const jobs = useJobs();
  const mayHaveJobs = may(me, 'challan:bulk') || may(me, 'customer:manage');
  // The question is asked once for a page that is opened anew; afterwards the stream tells.
  useQuery({
    queryKey: ['jobs', me.id],
    queryFn: () => findJobs().then(() => true),
    enabled: mayHaveJobs,
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
  useEffect(() => live.listen({ batch: hearOf }), [live]);
  useEffect(
    () =>
      onJobEnd((job) => {
        void queries.invalidateQueries({ queryKey: ['facets'] });
        const said = done(job.action, job.changed);
        announce(job.refused > 0 ? `${said}, ${formatCount(job.refused)} refused` : said);
        if (job.status === 'failed' || job.refused > 0) return;
        if (job.action === 'undo') toast(said);
        else toastUndo(said, job.id);
      }),
    [queries],
  );
  return jobs.map((job) => <JobLine key={job.id} job={job} />);
}

function JobLine({ job }: { job: Job }) {
  const [asks, setAsks] = useState(false);
  const { id, status, matched, refused } = job;
  const runs = status === 'running';
  return (
    <section
      aria-label={runs ? 'In the background' : 'Done in the background'}
      className="job-line flex-none border-t border-line bg-surface"
    >
      <div className="flex items-center justify-end flex-wrap gap-x-3 min-h-10 px-3 py-1">
        <p className="flex-1 max-md:basis-full flex items-center gap-2 tabular-nums">
          {runs ? (
            <LoaderCircle
              size={15}
              aria-hidden
              className="flex-none text-accent motion-safe:animate-spin"
            />
          ) : (
            <CircleAlert size={15} aria-hidden className="flex-none text-danger" />
          )}
          {sentenceOf(job)}
        </p>
        {!runs && (
          <>
            {refused > 0 && (
              <button type="button" className="btn ghost" onClick={() => setAsks(true)}>
                Why
              </button>
            )}
            {job.changed > 0 && job.action !== 'undo' && (
              <button
                type="button"
                className="btn"
                onClick={() => {
                  dismissJob(id);
                  void stepBack('undo', id);
                }}
              >
                Undo
              </button>
            )}
            <button
              type="button"
              className="btn ghost icon"
              aria-label="Dismiss"
              onClick={() => dismissJob(id)}
            >
              <X size={14} aria-hidden />
            </button>
          </>
        )}
      </div>
      {runs && (
        <progress
          className="job-bar"
          aria-label={doing(job.action, matched)}
          max={Math.max(1, matched)}
          value={job.done}
        />
      )}
      {asks && (
        <Suspense>
          <Why
            title={`${formatCount(refused)} refused`}
            count={refused}
            read={(signal) => fetchBatch(id, signal).then(({ refusals }) => refusals ?? [])}
            id={id}
            onClose={() => setAsks(false)}
          />
        </Suspense>
      )}
    </section>
  );
}

function sentenceOf({ status, action, matched, done: so, changed, refused }: Job): string {
  if (status === 'running') {
    return matched > 0
      ? `${doing(action, matched)}: ${formatCount(so)} done`
      : `${doing(action, matched).replace(/ 0 challans$/, ' challans')}…`;
  }
  const left = refused > 0 ? `; ${formatCount(refused)} refused` : '';
  const gaveUp = status === 'failed' ? 'It was given up before its end: ' : '';
  return `${gaveUp}${done(action, changed)}${left}`;
}
