import { CellNote } from './CellNote';
import type { CellState, CellStates } from './cellStates';
import { type Column, changesFor, type Place, parseEntry } from './columns';
import { type Layout, ROW_HEIGHT } from './GridRow';
import type { RowStore, ShownRow } from './rowStore';
import { saveCell } from './saveCell';

/** Room that a note needs, px. */
const NOTE_WIDTH = 320;
const NOTE_HEIGHT = 96;

interface CellNotesProps {
  store: RowStore;
  states: CellStates;
  layout: Layout;
  place: Place;
  from: number;
  to: number;
  /** Offset and height of the window, px. */
  top: number;
  body: number;
  onEdit: (cell: { row: number; column: number }) => void;
}

/** Below the cell, or above it where the window ends; never beyond the last column. */
function placeOfNote({ layout, top, body }: CellNotesProps, row: number, column: number) {
  const left = Math.min(layout.lefts[column] ?? 0, layout.width - NOTE_WIDTH);
  const y = row * ROW_HEIGHT - top;
  return y + ROW_HEIGHT + NOTE_HEIGHT > body
    ? { left, bottom: body - y + 4 }
    : { left, top: y + ROW_HEIGHT + 4 };
}

/** The notes of all drawn cells that were refused. */
export function CellNotes(props: CellNotesProps) {
  const { store, states, layout, place, from, to, onEdit } = props;
  const saveAgain = (row: ShownRow, column: Column, state: CellState) => {
    const parsed = parseEntry(column.kind, state.text, place);
    if ('error' in parsed) return;
    const changes = changesFor(row, column.name, parsed.value, place);
    const change = { id: row.id, baseVersion: state.baseVersion, field: column.name, changes };
    void saveCell({ ...change, text: state.text }, store, states);
  };
  const notes = [];
  for (let index = from; index <= to; index++) {
    const row = store.get(index);
    const held = row && states.of(row.id);
    if (!row || !held) continue;
    for (const [i, column] of layout.columns.entries()) {
      const state = held[column.name];
      if (!state || state.kind === 'saving') continue;
      notes.push(
        <CellNote
          key={`${row.id} ${column.name}`}
          state={state}
          column={column}
          place={place}
          style={placeOfNote(props, index, i)}
          onSaveAgain={() => saveAgain(row, column, state)}
          onGiveUp={() => states.set(row.id, column.name, null)}
          onEdit={() => onEdit({ row: index, column: i })}
        />,
      );
    }
  }
  return notes;
}
