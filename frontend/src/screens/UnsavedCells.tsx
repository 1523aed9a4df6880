import { useState, useSyncExternalStore } from 'react';
import type { CellStates, UnsavedCell } from '../grid/cellStates';
import type { RowStore } from '../grid/rowStore';
import { plural } from '../lib/text';
import { labelOf } from '../record/fields';
import { Modal } from '../ui/Modal';

interface UnsavedCellsProps {
  store: RowStore;
  states: CellStates;
  onOpen: (id: string) => void;
}

/** How many cells are not saved, wherever their rows are by now, and what they hold. */
export function UnsavedCells({ store, states, onOpen }: UnsavedCellsProps) {
  useSyncExternalStore(states.subscribe, states.snapshot);
  const [open, setOpen] = useState(false);
  const unsaved = states.unsaved();
  if (unsaved.length === 0) {
    // The next one is no reason to open it again.
    if (open) setOpen(false);
    return null;
  }
  const entry = (cell: UnsavedCell) => (
    <Entry
      key={`${cell.id} ${cell.field}`}
      cell={cell}
      title={store.find(cell.id)?.challan_number ?? 'A challan that is not in this list'}
      onOpen={() => {
        setOpen(false);
        onOpen(cell.id);
      }}
      onDiscard={() => states.set(cell.id, cell.field, null)}
    />
  );
  return (
    <>
      <button
        type="button"
        className="h-6 max-md:h-7 px-1.5 rounded hover:bg-sunken text-danger font-medium"
        onClick={() => setOpen(true)}
      >
        {plural(unsaved.length, 'cell')} not saved
      </button>
      {open && (
        <Modal title="Not saved" onClose={() => setOpen(false)}>
          <ul className="grid gap-4">{unsaved.map(entry)}</ul>
        </Modal>
      )}
    </>
  );
}

interface EntryProps {
  cell: UnsavedCell;
  title: string;
  onOpen: () => void;
  onDiscard: () => void;
}

function Entry({ cell: { field, state }, title, onOpen, onDiscard }: EntryProps) {
  return (
    <li className="grid gap-1 wrap-anywhere">
      <b className="font-medium">
        {title}, {labelOf(field)}
      </b>
      <span>{state.text || 'Nothing'}</span>
      <span className="text-danger">
        {state.kind === 'failed' ? state.reason : 'Somebody else changed this meanwhile.'}
      </span>
      <span className="flex gap-2 pt-1">
        <button type="button" className="btn" onClick={onOpen}>
          Open the challan
        </button>
        <button type="button" className="btn" onClick={onDiscard}>
          Discard
        </button>
      </span>
    </li>
  );
}
