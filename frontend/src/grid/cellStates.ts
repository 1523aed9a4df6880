import type { Changes, FieldName, Person, Row } from '../api/types';
import { Listeners } from '../lib/listeners';
import { cellsLeft, keepCells } from './unsavedCells';

/**
 * What a cell is doing besides showing its value. `text` is always the person's own, and
 * `baseVersion` the version they have seen: saving again must not overwrite what came later.
 */
export type CellState = {
  text: string;
  baseVersion: number;
} /** `changes` is what is sent for this cell alone. */ & (
  | { kind: 'saving'; changes?: Changes }
  /** What would stand there if a paste or a fill that waits for the person is written. */
  | { kind: 'proposed' }
  /** With `retry` the same `changes` may well succeed later. */
  | { kind: 'failed'; reason: string; retry: boolean; changes?: Changes }
  | { kind: 'conflict'; theirs: unknown; by: Person; at: string | null }
);

export type RowStates = Partial<Record<FieldName, CellState>>;

/** A cell that holds what is not saved. */
export interface UnsavedCell {
  id: string;
  field: FieldName;
  state: CellState;
}

/**
 * States by row id; each change makes a new object for that row only, so that only it repaints. What
 * is unsaved outlasts the page where it has an owner.
 */
export class CellStates {
  /** The cell that was set last: where several wait for the person, the one to show. */
  latest: { id: string; field: FieldName } | null = null;
  /** The cell whose editor is open: what it holds is not sent meanwhile. */
  edited: { id: string; field: FieldName } | null = null;

  private readonly rows: Map<string, RowStates>;
  private readonly listeners = new Listeners();
  private readonly answers = new Listeners<[row: Row]>();

  constructor(private readonly owner: string | null = null) {
    this.rows = owner ? cellsLeft(owner) : new Map();
  }

  subscribe = this.listeners.subscribe;
  snapshot = this.listeners.snapshot;
  /** Hears of every row that the server answered for a cell. */
  onAnswer = this.answers.subscribe;
  answered = (row: Row): void => this.answers.tell(row);

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
      if (this.owner) keepCells(this.owner, id, this.rows.get(id), states);
      if (Object.keys(states).length > 0) this.rows.set(id, states);
      else this.rows.delete(id);
    }
    this.listeners.tell();
  }

  /** The cells of a kind. */
  private cells(isMeant: (state: CellState) => boolean): UnsavedCell[] {
    return [...this.rows].flatMap(([id, states]) =>
      Object.entries(states).flatMap(([field, state]) =>
        isMeant(state) ? { id, field: field as FieldName, state } : [],
      ),
    );
  }

  /** Cells that wait for the person or for the connection. */
  unsaved(): UnsavedCell[] {
    return this.cells(({ kind }) => kind === 'failed' || kind === 'conflict');
  }

  /** Cells that only the connection or a busy server kept from being saved. */
  waiting(): UnsavedCell[] {
    return this.cells((state) => state.kind === 'failed' && state.retry).filter(
      ({ id, field }) => this.edited?.id !== id || this.edited.field !== field,
    );
  }

  /** Lets go of what a paste or a fill proposed: the list that it was shown in is left. */
  dropProposed(): void {
    const proposed = this.cells(({ kind }) => kind === 'proposed');
    this.setMany(proposed.map(({ id, field }) => [id, field, null]));
  }
}

let own: { owner: string; states: CellStates } | null = null;

/** The states of a person's cells, the same ones on whatever page. */
export function cellStatesOf(owner: string): CellStates {
  if (own?.owner !== owner) own = { owner, states: new CellStates(owner) };
  return own.states;
}
