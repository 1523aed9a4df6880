import type { FieldConflict } from '../api/types';
import { conflictSentence } from '../grid/CellNote';
import type { Column, Kind, Place } from '../grid/columns';

interface ConflictNoteProps {
  conflict: FieldConflict;
  kind: Kind;
  place: Place;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** What somebody else made of a field meanwhile, and whose value stays. */
export function ConflictNote({
  conflict,
  kind,
  place,
  onKeepMine,
  onTakeTheirs,
}: ConflictNoteProps) {
  return (
    <div className="rounded-md bg-[var(--hit)] p-2 grid gap-2" role="group" aria-label="Conflict">
      <span>{conflictSentence(conflict, { kind } as Column, place)}</span>
      <span className="flex gap-2">
        <button type="button" className="btn" onClick={onKeepMine}>
          Keep mine
        </button>
        <button type="button" className="btn" onClick={onTakeTheirs}>
          Take theirs
        </button>
      </span>
    </div>
  );
}
