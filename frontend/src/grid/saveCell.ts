import { patchChallan } from '../api/challans';
import { ProblemError } from '../api/http';
import type { Challan, Changes, FieldConflict, FieldName, Row } from '../api/types';
import { tellNewCustomer } from '../record/customer';
import { labelOf } from '../record/fields';
import { underWay } from '../undo/steps';
import type { CellStates } from './cellStates';

export interface Edit {
  id: string;
  /** The version the change was made from. */
  baseVersion: number;
  field: FieldName;
  /** What the person typed, kept on show until it is saved. */
  text: string;
  changes: Changes;
}

/** The parts of a refused change that the grid shows. */
export function conflictOf(error: unknown): { current: Row; conflicts: FieldConflict[] } | null {
  if (!(error instanceof ProblemError)) return null;
  if (error.status !== 409 && error.status !== 412) return null;
  const { current, conflicts } = error.body as {
    current?: Challan;
    conflicts?: FieldConflict[];
  };
  return current ? { current, conflicts: conflicts ?? [] } : null;
}

/** The sentence to show at a field for an error. */
export function reasonFor(error: unknown, field: string): string {
  if (error instanceof ProblemError) {
    const reasons = error.fields[field] ?? Object.values(error.fields).flat();
    return reasons.join(' ') || error.message;
  }
  return error instanceof Error ? error.message : 'This could not be saved.';
}

/** Whether the same change may well succeed later: no connection, no session, a busy server. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof ProblemError) ||
  error.status === 401 ||
  error.status === 429 ||
  error.status >= 500;

/** Saves one cell; the outcome shows in the cell. Returns whether it was saved. */
export async function saveCell(
  { id, baseVersion, field, text, changes }: Edit,
  states: CellStates,
): Promise<boolean> {
  states.set(id, field, { kind: 'saving', text, baseVersion, changes });
  try {
    const what = `the change of ${labelOf(field)}`;
    const saved = await underWay(patchChallan(id, baseVersion, changes, what));
    states.answered(saved);
    states.set(id, field, null);
    if (changes.customer !== undefined) tellNewCustomer(saved);
    return true;
  } catch (error) {
    const refused = conflictOf(error);
    if (!refused) {
      const reason = reasonFor(error, field);
      const retry = isPassing(error);
      states.set(id, field, { kind: 'failed', text, baseVersion, reason, retry, changes });
      return false;
    }
    const clash =
      refused.conflicts.find((conflict) => conflict.field === field) ?? refused.conflicts[0];
    states.answered(refused.current);
    states.set(id, field, {
      kind: 'conflict',
      text,
      baseVersion: refused.current.version,
      theirs: clash ? clash.theirs : refused.current[field],
      by: clash?.by ?? refused.current.updated_by ?? null,
      at: clash?.at ?? refused.current.updated_at ?? null,
    });
    return false;
  }
}

/**
 * Sends again what only the connection or a busy server kept from being saved, from the version it was
 * made from, for as long as `isOwner` says that it is still its writer who is signed in.
 */
export async function sendAgain(
  states: CellStates,
  isOwner: () => Promise<boolean>,
): Promise<void> {
  const waiting = states.waiting();
  if (waiting.length === 0 || !(await isOwner())) return;
  for (const { id, field, state } of waiting) {
    // It may have been given up, changed or sent meanwhile.
    const isSame = states.of(id)?.[field] === state && states.edited?.id !== id;
    if (!isSame || state.kind !== 'failed' || !state.changes) continue;
    const { text, baseVersion, changes } = state;
    await saveCell({ id, baseVersion, field, text, changes }, states);
    const after = states.of(id)?.[field];
    if (after?.kind === 'failed' && after.retry) return;
  }
}
