import { formatMoment } from '../lib/dates';
import { personName } from '../lib/text';
import type { CellState } from './cellStates';
import { type Column, formatValue, type Place } from './columns';
import type { NotePlace } from './notePlace';

interface CellNoteProps {
  state: CellState;
  column: Column;
  place: Place;
  style: NotePlace;
  onSaveAgain: () => void;
  /** Lets go of one's own text and shows what is stored. */
  onGiveUp: () => void;
  /** None where the row is not changed any more. */
  onEdit: (() => void) | null;
}

/** What stands at a cell that could not be saved: both values, or the reason. */
export function CellNote(props: CellNoteProps) {
  const { state, column, place, style, onSaveAgain, onGiveUp, onEdit } = props;
  if (state.kind === 'saving' || state.kind === 'proposed') return null;
  const conflict = state.kind === 'conflict';
  return (
    <div
      className="cell-note floating"
      role="group"
      aria-label={conflict ? `Conflict in ${column.label}` : `${column.label} not saved`}
      style={style}
      onMouseDown={(event) => event.stopPropagation()}
      onKeyDown={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <p className={conflict ? '' : 'text-danger'}>
        {conflict ? conflictSentence(state, column, place) : state.reason}
      </p>
      <div className="flex gap-2">
        {conflict || state.retry ? (
          <button type="button" className="btn primary" onClick={onSaveAgain}>
            {conflict ? 'Keep mine' : 'Try again'}
          </button>
        ) : (
          onEdit && (
            <button type="button" className="btn" onClick={onEdit}>
              Correct
            </button>
          )
        )}
        <button type="button" className="btn" onClick={onGiveUp}>
          {conflict ? 'Take theirs' : 'Discard'}
        </button>
      </div>
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
