/** Cells that are not saved, kept on this device by person and row, as the drawer keeps its drafts. */
import type { FieldName } from '../api/types';
import { keep, kept, keysKept } from '../lib/device';
import type { CellState, RowStates } from './cellStates';

const keyOf = (owner: string, id = '') => `cells ${owner} ${id}`;

/** Whether losing the state would lose what the person typed; a paste under way is asked for as a whole. */
const isUnsaved = (state: CellState): boolean =>
  state.kind === 'failed' ||
  state.kind === 'conflict' ||
  (state.kind === 'saving' && !!state.changes);

const unsavedOf = (states: RowStates | undefined) =>
  Object.entries(states ?? {}).filter(([, state]) => isUnsaved(state));

/** Keeps what of a row is unsaved `now`; there is nothing to do where nothing was `before` either. */
export function keepCells(
  owner: string,
  id: string,
  before: RowStates | undefined,
  now: RowStates,
): void {
  const unsaved = unsavedOf(now);
  if (unsaved.length > 0) keep(keyOf(owner, id), JSON.stringify(Object.fromEntries(unsaved)));
  else if (unsavedOf(before).length > 0) keep(keyOf(owner, id), null);
}

/** What was on its way when the page went: sent again, since nobody knows whether it arrived. */
const restored = (state: CellState): CellState =>
  state.kind === 'saving'
    ? { ...state, kind: 'failed', reason: 'This is not saved yet.', retry: true }
    : state;

/** The rows with something unsaved of a person. */
export const rowsUnsaved = (owner: string): string[] =>
  keysKept(keyOf(owner)).map((key) => key.slice(keyOf(owner).length));

/** What a person left unsaved, by row. */
export function cellsLeft(owner: string): Map<string, RowStates> {
  const left = new Map<string, RowStates>();
  for (const id of rowsUnsaved(owner)) {
    try {
      const states = JSON.parse(kept(keyOf(owner, id)) ?? '{}') as Record<FieldName, CellState>;
      const cells = Object.entries(states).map(([field, state]) => [field, restored(state)]);
      left.set(id, Object.fromEntries(cells));
    } catch {
      // Unreadable, so there is nothing to give back.
    }
  }
  return left;
}
