import { CellNote } from './CellNote';
import type { CellState, CellStates } from './cellStates';
import { type Column, changesFor, type Place, parseEntry } from './columns';
import type { RowStore, ShownRow } from './rowStore';
import { saveCell } from './saveCell';

interface CellNotesProps {
  store: RowStore;
  states: CellStates;
  columns: Column[];
  place: Place;
  from: number;
  to: number;
  at: (row: number, column: number) => { left: number; top: number };
  onEdit: (cell: { row: number; column: number }) => void;
}

/** The notes of all drawn cells that were refused. */
export function CellNotes(props: CellNotesProps) {
  const { store, states, columns, place, from, to, at, onEdit } = props;
  const keepMine = (row: ShownRow, column: Column, state: CellState) => {
    const parsed = parseEntry(column.kind, state.text, place);
    if ('error' in parsed) return;
    const changes = changesFor(row, column.name, parsed.value, place);
    const change = { id: row.id, baseVersion: row.version, field: column.name, changes };
    void saveCell({ ...change, text: state.text }, store, states);
  };
  const notes = [];
  for (let index = from; index <= to; index++) {
    const row = store.get(index);
    const held = row && states.of(row.id);
    if (!row || !held) continue;
    for (const [i, column] of columns.entries()) {
      const state = held[column.name];
      if (!state || state.kind === 'saving') continue;
      const { left, top } = at(index, i);
      notes.push(
        <CellNote
          key={`${row.id} ${column.name}`}
          state={state}
          column={column}
          place={place}
          style={{ left, top: top + 36 }}
          onKeepMine={() => keepMine(row, column, state)}
          onTakeTheirs={() => states.set(row.id, column.name, null)}
          onEdit={() => onEdit({ row: index, column: i })}
        />,
      );
    }
  }
  return notes;
}
