import { type Refusal, type Undone, undoBatch } from '../api/batches';
import { ProblemError } from '../api/http';
import { beginJob, dismissJob } from '../bulk/jobs';
import { announce } from '../lib/announce';
import { Listeners } from '../lib/listeners';
import { plural } from '../lib/text';
import { labelOf } from '../record/fields';
import { toast, withoutAction } from '../ui/toasts';
import { giveBack, settled, takeStep, turned, type Way } from './steps';

const WORDS = { undo: 'Undone', redo: 'Redone' } as const;
/** Refusals that are named one by one. */
const NAMED = 2;

/** What stays as it is although it was to be undone, in one sentence; empty where nothing does. */
export function skippedSentence(
  skipped: Pick<Refusal, 'field' | 'by' | 'detail' | 'code'>[],
): string {
  if (skipped.length === 0) return '';
  const named = skipped.slice(0, NAMED).map(({ field, by, detail, code }) => {
    if (field && by && code === 'conflict') return `${by} changed ${labelOf(field)} since`;
    return detail.replace(/\.$/, '');
  });
  const more = skipped.length - named.length;
  const rest = more > 0 ? `, and ${plural(more, 'other')}` : '';
  return `${plural(skipped.length, 'place')} left as it is now: ${[...new Set(named)].join('; ')}${rest}.`;
}

/** What to say of an undo or redo that was answered at once. */
export function sentenceOf(way: Way, what: string, { batch_id, skipped = [] }: Undone): string {
  const stays = skippedSentence(skipped);
  if (!batch_id)
    return `${WORDS[way] === 'Undone' ? 'Not undone' : 'Not redone'}: ${what}. ${stays}`;
  return stays ? `${WORDS[way]}: ${what}. ${stays}` : `${WORDS[way]}: ${what}.`;
}

const offerId = (batch: string) => `undo ${batch}`;

/** Says what was done, with a button that undoes it for as long as it can be undone. */
export const toastUndo = (title: string, batch: string): void =>
  toast(title, { label: 'Undo', run: () => void stepBack('undo', batch) }, offerId(batch));

/** A batch that is no step any more is offered to be undone nowhere. */
function withdrawOffers(batch: string): void {
  withoutAction(offerId(batch));
  dismissJob(batch);
}

let busy = false;

/** Undoes or redoes the next step of this tab, or the one that was `batch`. */
export async function stepBack(way: Way, batch?: string): Promise<void> {
  // A key that repeats while the server answers is no second step.
  if (busy) return;
  busy = true;
  try {
    await settled();
    await turn(way, batch);
  } finally {
    busy = false;
  }
}

async function turn(way: Way, batch?: string): Promise<void> {
  const step = takeStep(way, batch);
  if (!step) {
    if (batch) toast('This was undone already.');
    else
      toast(way === 'undo' ? 'Nothing of this tab is left to undo.' : 'Nothing is left to redo.');
    return;
  }
  try {
    const answer = await undoBatch(step.batch);
    const { batch_id: done } = answer;
    withdrawOffers(step.batch);
    if (done) turned(way, step, done);
    if (answer.undone === undefined && done) {
      beginJob(done, 'undo');
      return;
    }
    const sentence = sentenceOf(way, step.what, answer);
    toast(sentence);
    announce(sentence);
    stepped.tell(step.moves === true);
  } catch (error) {
    if (mayPass(error)) giveBack(way, step);
    else withdrawOffers(step.batch);
    toast(
      `${WORDS[way] === 'Undone' ? 'Not undone' : 'Not redone'}: ${step.what}. ${(error as Error).message}`,
    );
  }
}

/** Whether the same undo may well succeed later. */
const mayPass = (error: unknown): boolean =>
  !(error instanceof ProblemError) ||
  error.status >= 500 ||
  error.status === 401 ||
  error.status === 429 ||
  error.code === 'running';

const stepped = new Listeners<[moves: boolean]>();

/** Hears that something was undone or redone, and whether rows came or went by it. */
export const onStepped = stepped.subscribe;
