import { useSyncExternalStore } from 'react';
import type { CellStates } from '../grid/cellStates';
import type { Column } from '../grid/columns';
import type { RowStore } from '../grid/rowStore';
import { boxOf, type Selection } from '../grid/selection';
import { formatAmount, formatCount, plural } from '../lib/text';
import { ConnectionLight } from '../shell/ConnectionLight';
import { UnsavedCells } from './UnsavedCells';

/** Rows summed at most while a range is drawn. */
const SUMMED = 10_000;

interface StatusBarProps {
  store: RowStore;
  states: CellStates;
  /** Opens a record. */
  onOpen: (id: string) => void;
  columns: Column[];
  selection: Selection | null;
  onCopyColumns: () => void;
  /** Rows that came since the list was read, which the total does not count. */
  newRows: number;
  onNewRows: () => void;
}

/** Sum in rupees of the amounts chosen, or null where there is nothing to add up. */
function sumOf(store: RowStore, columns: Column[], selection: Selection): string | null {
  const box = boxOf(selection);
  const amount = columns.findIndex((column) => column.name === 'amount');
  const rows = box.bottom - box.top + 1;
  if (rows < 2 || rows > SUMMED || amount < box.left || amount > box.right) return null;
  let paise = 0;
  for (let index = box.top; index <= box.bottom; index++) {
    const row = store.get(index);
    if (!row) return null;
    paise += Math.round(Number(row.amount ?? 0) * 100);
  }
  return formatAmount(paise / 100);
}

/** How many there are, what is chosen, and whether it is live. */
export function StatusBar(props: StatusBarProps) {
  const { store, columns, selection, onCopyColumns, newRows, onNewRows } = props;
  useSyncExternalStore(store.subscribe, store.snapshot);
  const box = selection && boxOf(selection);
  const rows = box ? box.bottom - box.top + 1 : 0;
  const sum = selection && sumOf(store, columns, selection);
  return (
    <footer className="flex flex-none items-center gap-4 h-7 max-md:has-[.new-rows]:h-13 px-3 border-t border-line bg-surface text-xs text-ink-2 tabular-nums whitespace-nowrap overflow-hidden">
      <span>
        {store.loaded
          ? `${plural(store.total, 'challan')}${store.totalCapped ? ' or more' : ''}`
          : store.error === null && 'Loading…'}
      </span>
      {newRows > 0 && (
        <button
          type="button"
          className="new-rows btn primary h-5.5 max-md:h-11 -ml-2 rounded-full text-xs"
          onClick={onNewRows}
        >
          Show {plural(newRows, 'new row')}
        </button>
      )}
      <UnsavedCells store={store} states={props.states} onOpen={props.onOpen} />
      {rows > 1 && <span>{formatCount(rows)} rows chosen</span>}
      {sum && <span>Sum ₹ {sum}</span>}
      {rows > 1 && (
        <button
          type="button"
          className="h-6 px-1.5 rounded hover:bg-sunken text-accent font-medium"
          onClick={onCopyColumns}
        >
          Copy columns… <span className="kbd">Alt C</span>
        </button>
      )}
      <span className="flex-1" />
      <span className="max-lg:hidden">
        <span className="kbd">?</span> for shortcuts
      </span>
      <ConnectionLight />
    </footer>
  );
}
