/** Batches of mine that go on in the background: how far they are, wherever in the site I am. */
import { useSyncExternalStore } from 'react';
import { type Batch, fetchBatch, fetchMyBatches } from '../api/batches';
import { ProblemError } from '../api/http';
import { Listeners } from '../lib/listeners';

export interface Job {
  id: string;
  /** The API's word: `update`, `delete`, `restore`, `void`, `link_invoice`, `merge_executive`, `undo`. */
  action: string;
  status: 'running' | 'done' | 'failed';
  matched: number;
  done: number;
  changed: number;
  refused: number;
}

/** What the stream tells of a batch. */
export type Progress = Partial<Omit<Job, 'id'>> & { id: string };

/** While the stream says nothing of a job, the server is asked this often, ms. */
const ASKED = 2_000;
/** Batches looked through for some that still run. */
const LOOKED = 20;

let jobs: Job[] = [];
const watchers = new Listeners();
const enders = new Listeners<[Job]>();
/** When something was last heard of a job. */
const heard = new Map<string, number>();
/** Jobs that came to their end here. */
const over = new Set<string>();
let timer: ReturnType<typeof setInterval> | undefined;

function show(next: Job[]): void {
  jobs = next;
  watchers.tell();
  const runs = jobs.some(({ status }) => status === 'running');
  if (runs) timer ??= setInterval(ask, ASKED);
  else {
    clearInterval(timer);
    timer = undefined;
  }
}

/** A later word of a job beside what is known of it; counts never go back, and an end is an end. */
export function later(known: Job | undefined, told: Progress): Job {
  const before: Job = known ?? {
    id: told.id,
    action: '',
    status: 'running',
    matched: 0,
    done: 0,
    changed: 0,
    refused: 0,
  };
  if (before.status !== 'running') return before;
  const more = (name: 'matched' | 'done' | 'changed' | 'refused') =>
    Math.max(before[name], told[name] ?? 0);
  return {
    id: before.id,
    action: told.action ?? before.action,
    status: told.status ?? before.status,
    matched: more('matched'),
    done: more('done'),
    changed: more('changed'),
    refused: more('refused'),
  };
}

/** Takes what the stream or an answer says of a batch. One that is not followed is taken up while it runs. */
export function hearOf(told: Progress): void {
  const known = jobs.find(({ id }) => id === told.id);
  // A word that was on its way when the job ended begins it no second time.
  if (!known && (told.status !== 'running' || over.has(told.id))) return;
  const job = later(known, told);
  heard.set(job.id, Date.now());
  const ended = known?.status === 'running' && job.status !== 'running';
  // What went well needs no line; what was refused stays until it was looked at.
  const stays = job.status === 'running' || job.status === 'failed' || job.refused > 0;
  const others = jobs.filter(({ id }) => id !== job.id);
  show(stays ? [...others, job] : others);
  if (!ended) return;
  over.add(job.id);
  enders.tell(job);
}

/** Follows a batch that the server has just taken on. */
export function beginJob(id: string, action: string, matched = 0): void {
  hearOf({ id, action, status: 'running', matched });
  void read(id);
}

export function dismissJob(id: string): void {
  heard.delete(id);
  show(jobs.filter((job) => job.id !== id));
}

/** Takes up what still runs, as after a reload. */
export async function findJobs(): Promise<void> {
  const { results } = await fetchMyBatches(LOOKED);
  for (const batch of results) if (batch.status === 'running') hearOf(progressOf(batch));
}

/** Hears every job that comes to its end. */
export const onJobEnd = enders.subscribe;

export const useJobs = (): Job[] => useSyncExternalStore(watchers.subscribe, () => jobs);

const progressOf = ({ id, action, status, matched, done, changed, refused }: Batch): Progress => ({
  id,
  action,
  status: status as Job['status'],
  matched,
  done,
  changed,
  refused,
});

async function read(id: string): Promise<void> {
  try {
    hearOf(progressOf(await fetchBatch(id)));
  } catch (error) {
    // Another person signed in, or it is gone: nothing to follow. Anything else is asked again.
    if (error instanceof ProblemError && error.status === 404) dismissJob(id);
  }
}

function ask(): void {
  for (const { id, status } of jobs) {
    const silent = Date.now() - (heard.get(id) ?? 0) >= ASKED;
    if (status === 'running' && silent) void read(id);
  }
}
