import type { FieldName, Person } from '../api/types';

/** What a cell is doing besides showing its value. `text` is always the person's own. */
export type CellState =
  | { kind: 'saving'; text: string }
  | { kind: 'failed'; text: string; reason: string }
  | { kind: 'conflict'; text: string; theirs: unknown; by: Person; at: string | null };

export type RowStates = Partial<Record<FieldName, CellState>>;

/** States by row id; each change makes a new object for that row only, so that only it repaints. */
export class CellStates {
  private rows = new Map<string, RowStates>();
  private listeners = new Set<() => void>();
  private revision = 0;

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  snapshot = () => this.revision;

  of(id: string): RowStates | undefined {
    return this.rows.get(id);
  }

  set(id: string, field: FieldName, state: CellState | null): void {
    const states: RowStates = { ...this.rows.get(id) };
    if (state) states[field] = state;
    else delete states[field];
    if (Object.keys(states).length > 0) this.rows.set(id, states);
    else this.rows.delete(id);
    this.revision += 1;
    for (const listener of this.listeners) listener();
  }
}
