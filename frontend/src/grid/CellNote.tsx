import { formatMoment } from '../lib/dates';
import { personName } from '../lib/text';
import type { CellState } from './cellStates';
import { type Column, formatValue, type Place } from './columns';

interface CellNoteProps {
  state: CellState;
  column: Column;
  place: Place;
  style: { left: number; top: number };
  onKeepMine: () => void;
  onTakeTheirs: () => void;
  onEdit: () => void;
}

/** What stands under a cell that could not be saved: both values, or the reason. */
export function CellNote(props: CellNoteProps) {
  const { state, column, place, style, onKeepMine, onTakeTheirs, onEdit } = props;
  if (state.kind === 'saving') return null;
  return (
    <div
      className="cell-note floating"
      role="group"
      aria-label={
        state.kind === 'conflict' ? `Conflict in ${column.label}` : `${column.label} not saved`
      }
      style={style}
      onMouseDown={(event) => event.stopPropagation()}
    >
      {state.kind === 'conflict' ? (
        <>
          <span className="basis-full">{conflictSentence(state, column, place)}</span>
          <button type="button" className="btn primary" onClick={onKeepMine}>
            Keep mine
          </button>
          <button type="button" className="btn" onClick={onTakeTheirs}>
            Take theirs
          </button>
        </>
      ) : (
        <>
          <span className="basis-full text-danger">{state.reason}</span>
          <button type="button" className="btn" onClick={onEdit}>
            Correct
          </button>
          <button type="button" className="btn ghost" onClick={onTakeTheirs}>
            Discard
          </button>
        </>
      )}
    </div>
  );
}

/** “S. Iyer set ‘Delivered’ at 12:04.” */
export function conflictSentence(
  conflict: { theirs: unknown; by: Parameters<typeof personName>[0]; at: string | null },
  column: Column,
  place: Place,
): string {
  const value = formatValue(column.kind, conflict.theirs, place);
  const moment = formatMoment(conflict.at, place.timeZone, place.today);
  const act = value ? `set ‘${value}’` : 'cleared this';
  return `${personName(conflict.by)} ${act}${moment ? ` at ${moment}` : ''}.`;
}
