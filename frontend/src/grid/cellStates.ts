import type { FieldName, Person } from '../api/types';
import { Listeners } from '../lib/listeners';

/**
 * What a cell is doing besides showing its value. `text` is always the person's own, and
 * `baseVersion` the version they have seen: saving again must not overwrite what came later.
 */
export type CellState = { text: string; baseVersion: number } & (
  | { kind: 'saving' }
  /** What would stand there if a paste or a fill that waits for the person is written. */
  | { kind: 'proposed' }
  | { kind: 'failed'; reason: string; retry: boolean }
  | { kind: 'conflict'; theirs: unknown; by: Person; at: string | null }
);

export type RowStates = Partial<Record<FieldName, CellState>>;

/** States by row id; each change makes a new object for that row only, so that only it repaints. */
export class CellStates {
  /** The cell that was set last: where several wait for the person, the one to show. */
  latest: { id: string; field: FieldName } | null = null;

  private rows = new Map<string, RowStates>();
  private readonly listeners = new Listeners();

  subscribe = this.listeners.subscribe;
  snapshot = this.listeners.snapshot;

  of(id: string): RowStates | undefined {
    return this.rows.get(id);
  }

  set(id: string, field: FieldName, state: CellState | null): void {
    this.setMany([[id, field, state]]);
  }

  /** Sets many cells and tells of it once. */
  setMany(cells: [id: string, field: FieldName, state: CellState | null][]): void {
    if (cells.length === 0) return;
    const fresh = new Map<string, RowStates>();
    for (const [id, field, state] of cells) {
      const states = fresh.get(id) ?? { ...this.rows.get(id) };
      fresh.set(id, states);
      if (state) {
        states[field] = state;
        if (state.kind === 'failed' || state.kind === 'conflict') this.latest = { id, field };
      } else delete states[field];
    }
    for (const [id, states] of fresh) {
      if (Object.keys(states).length > 0) this.rows.set(id, states);
      else this.rows.delete(id);
    }
    this.listeners.tell();
  }
}
