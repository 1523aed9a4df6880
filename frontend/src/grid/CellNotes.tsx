import { CellNote } from './CellNote';
import type { CellStates } from './cellStates';
import { changesFor, type Place, parseEntry } from './columns';
import type { Layout } from './GridRow';
import { placeOfNote, type Rect, type Room } from './notePlace';
import { OverCell } from './Overlays';
import type { RowStore } from './rowStore';
import { lockOf } from './rows';
import { saveCell } from './saveCell';
import type { CellAt } from './useCellEdit';

interface CellNotesProps {
  store: RowStore;
  states: CellStates;
  layout: Layout;
  place: Place;
  active: CellAt;
  from: number;
  to: number;
  /** Where a cell is drawn, and what is in sight. */
  rectOf: (cell: CellAt) => Rect;
  room: Room;
  onEdit: (cell: { row: number; column: number }) => void;
}

/**
 * The note of one cell that was refused: the active one, else the last. The others keep their
 * corner, and show theirs when they are gone to.
 */
export function CellNotes(props: CellNotesProps) {
  const { states, layout, place, active, from, to, rectOf, onEdit } = props;
  const { columns } = layout;
  const found = noteAt(props, active) ?? noteAt(props, latestCell(props));
  if (!found || found.index < from || found.index > to) return null;
  const { row, column, state, index } = found;
  const saveAgain = () => {
    const parsed = parseEntry(column.kind, state.text, place);
    if ('error' in parsed) return;
    const changes = changesFor(row, column.name, parsed.value, place);
    const change = { id: row.id, baseVersion: state.baseVersion, field: column.name, changes };
    void saveCell({ ...change, text: state.text }, states);
  };
  const at = columns.indexOf(column);
  return (
    <OverCell row={index} column={at}>
      <CellNote
        key={`${row.id} ${column.name}`}
        state={state}
        column={column}
        place={place}
        style={placeOfNote(
          rectOf({ row: index, column: at }),
          rectOf(active),
          props.room,
          otherCells(props, { row: index, column: at }).map(rectOf),
        )}
        onSaveAgain={saveAgain}
        onGiveUp={() => states.set(row.id, column.name, null)}
        onEdit={lockOf(row) ? null : () => onEdit({ row: index, column: at })}
      />
    </OverCell>
  );
}

function latestCell({ store, states, layout }: CellNotesProps): CellAt {
  const { latest } = states;
  return {
    row: latest ? store.indexOf(latest.id) : -1,
    column: layout.columns.findIndex((column) => column.name === latest?.field),
  };
}

/** The other cells in sight that wait for the person. */
function otherCells(props: CellNotesProps, { row, column }: CellAt): CellAt[] {
  const { store, states, layout, from, to } = props;
  const others: CellAt[] = [];
  for (let at = from; at <= to; at++) {
    const id = store.get(at)?.id;
    if (id === undefined || !states.of(id)) continue;
    layout.columns.forEach((_, i) => {
      const isOwn = at === row && i === column;
      if (!isOwn && noteAt(props, { row: at, column: i })) others.push({ row: at, column: i });
    });
  }
  return others;
}

function noteAt({ store, states, layout }: CellNotesProps, at: CellAt) {
  const row = store.get(at.row);
  const column = layout.columns[at.column];
  const state = row && column && states.of(row.id)?.[column.name];
  const isNoted = state?.kind === 'failed' || state?.kind === 'conflict';
  return state && isNoted ? { row, column, state, index: at.row } : null;
}
