/**
 * The writes of this tab, for undo and redo. Every write is a batch of the server: undo asks it for
 * the opposite, which is a batch again, and redo asks for the opposite of that.
 */

export interface Step {
  batch: string;
  /** What it was, to follow "Undone:", such as "the change of Remarks". */
  what: string;
  /** Whether rows came or went by it, so that undoing it changes which rows a list has. */
  moves?: boolean;
}

/** Steps kept each way. */
const MOST = 100;
const KEPT = 'steps';

interface Stacks {
  /** Whose steps: another person at the same tab starts with none. */
  owner: string;
  past: Step[];
  future: Step[];
}

let stacks: Stacks = { owner: '', past: [], future: [] };

function keep(): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(stacks));
  } catch {
    // Without storage the steps last as long as the page.
  }
}

/** Begins for a person, with what this tab kept of them from before a reload. */
export function stepsOf(owner: string): void {
  if (stacks.owner === owner) return;
  stacks = { owner, past: [], future: [] };
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Stacks | null;
    if (kept?.owner === owner && Array.isArray(kept.past) && Array.isArray(kept.future)) {
      stacks = kept;
    }
  } catch {
    // Unreadable, so there is nothing to undo.
  }
}

/** Notes a write; what was undone before it cannot be redone any more. */
export function did(step: Step): void {
  stacks.past = [...stacks.past, step].slice(-MOST);
  stacks.future = [];
  keep();
}

/** For a request: notes the batch that it was. */
export const recorded =
  (what: string, moves = false) =>
  (batch: string) =>
    did({ batch, what, moves });

const writing = new Set<Promise<unknown>>();

/** A write that is on its way: an undo that is asked for meanwhile is meant for it. */
export function underWay<T>(write: Promise<T>): Promise<T> {
  writing.add(write);
  const over = () => writing.delete(write);
  write.then(over, over);
  return write;
}

/** Waits until what is on its way is written or refused. */
export const settled = () => Promise.allSettled(writing);

export type Way = 'undo' | 'redo';

/** Takes the next step of that way off, or the one of `batch` where it still stands there. */
export function takeStep(way: Way, batch?: string): Step | undefined {
  const from = way === 'undo' ? stacks.past : stacks.future;
  const at = batch ? from.findIndex((step) => step.batch === batch) : from.length - 1;
  const [step] = at < 0 ? [] : from.splice(at, 1);
  keep();
  return step;
}

/** Puts a step back that could not be taken now. */
export function giveBack(way: Way, step: Step): void {
  (way === 'undo' ? stacks.past : stacks.future).push(step);
  keep();
}

/** The opposite of a step was done as `batch`: the other way now leads back. */
export function turned(way: Way, step: Step, batch: string): void {
  (way === 'undo' ? stacks.future : stacks.past).push({ ...step, batch });
  keep();
}
