import type { KeyboardEvent } from 'react';
import { type Selection, targetOf } from './selection';

export interface GridKeys {
  rows: number;
  columns: number;
  /** Rows that a page key moves by. */
  page: number;
  selection: Selection;
  select: (row: number, column: number, extend: boolean) => void;
  selectAll: () => void;
  edit: (typed?: string) => void;
  /** Opens the list of what the cell may hold. */
  list: () => void;
  clear: () => void;
  fill: () => void;
  /** Chooses the rows of the range, or lets them go. */
  chooseRows: () => void;
  openRecord: () => void;
  deleteRow: () => void;
  sort: () => void;
  leave: () => void;
  /** Goes to the bar of the rows chosen. */
  toBar: () => void;
  copyColumns: () => void;
}

/** What a key does in the grid; a key it does not know is left to the browser. */
export function onGridKey(event: KeyboardEvent, keys: GridKeys): void {
  if (move(event, keys) || act(event, keys)) event.preventDefault();
}

function move(event: KeyboardEvent, keys: GridKeys): boolean {
  const { selection, rows, columns, page, select } = keys;
  const ctrl = event.ctrlKey || event.metaKey;
  if (event.altKey && event.key === 'ArrowDown') {
    keys.list();
    return true;
  }
  const target = targetOf(event.key, ctrl, selection, rows, columns, page);
  if (target) {
    select(target[0], target[1], event.shiftKey);
    return true;
  }
  if (event.key !== 'Tab') return false;
  const next = selection.column + (event.shiftKey ? -1 : 1);
  // At the edges Tab leaves the grid, so that nobody is caught in it.
  if (next < 0 || next >= columns) return false;
  select(selection.row, next, false);
  return true;
}

function act(event: KeyboardEvent, keys: GridKeys): boolean {
  const { key } = event;
  const ctrl = event.ctrlKey || event.metaKey;
  if (key === 'Enter' || key === 'F2') keys.edit();
  else if (key === ' ' && event.shiftKey) keys.chooseRows();
  else if (key === ' ') keys.openRecord();
  else if (key === 'Escape') keys.leave();
  else if (key === 'F6') keys.toBar();
  else if (key === 'Delete') keys.clear();
  else if (ctrl && key === '-') keys.deleteRow();
  else if (ctrl && key === ';') keys.edit('today');
  else if (ctrl && key === 'a') keys.selectAll();
  else if (ctrl && key === 'd') keys.fill();
  else if (event.altKey && key === 's') keys.sort();
  else if (event.altKey && key === 'c') keys.copyColumns();
  else if (key.length === 1 && !ctrl && !event.altKey) keys.edit(key);
  else return false;
  return true;
}
