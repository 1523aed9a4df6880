import { useEffect, useState } from 'react';
import type { FieldValue } from '../api/types';
import { announce } from '../lib/announce';
import { toast } from '../ui/toasts';
import type { CellStates } from './cellStates';
import { type Column, changesFor, formatValue, type Place } from './columns';
import type { RowStore, ShownRow } from './rowStore';
import { lockOf, sameValue } from './rows';
import { saveCell } from './saveCell';
import { hasList } from './useCellList';

export interface Editing {
  id: string;
  /** The version the person saw when they began; a change made since must not be overwritten. */
  version: number;
  row: number;
  column: number;
  text: string;
  typed: boolean;
  /** Whether it begins with the list of what the cell may hold. */
  list: boolean;
}

export interface CellAt {
  row: number;
  column: number;
}

/** Whether nothing of a row can be changed, which is then said: once, however many keys are pressed. */
function isLocked(row: ShownRow): boolean {
  const reason = lockOf(row);
  if (reason) toast(reason, undefined, 'locked row');
  return reason !== null;
}

/** Editing in place: which cell is open, and what saving it sends. */
export function useCellEdit(
  store: RowStore,
  states: CellStates,
  columns: Column[],
  place: Place,
  mayEdit: boolean,
) {
  const [editing, setEditing] = useState<Editing | null>(null);

  const save = (
    row: ShownRow,
    column: Column,
    value: FieldValue,
    text: string,
    baseVersion: number,
  ) => {
    const unchanged = sameValue(value, row[column.name] ?? null);
    if (unchanged && !states.of(row.id)?.[column.name]) return;
    const shown = text || formatValue(column.kind, value, place);
    const changes = changesFor(row, column.name, value, place);
    const change = { id: row.id, baseVersion, field: column.name, text: shown, changes };
    void saveCell(change, states).then((saved) => {
      if (!saved) announce(`${column.label} was not saved`);
    });
  };

  /** Opens a cell; `typed` replaces its text, and a yes or no is turned at once, but for its `list`. */
  const open = (at: CellAt, typed?: string, list = false) => {
    const row = store.get(at.row);
    const column = columns[at.column];
    if (!row || !column) return;
    if (!mayEdit || !column.editable) {
      announce(`${column.label} cannot be edited here`);
      return;
    }
    if (isLocked(row)) return;
    if (list && !hasList(column)) {
      announce(`${column.label} has no list`);
      return;
    }
    if (column.kind === 'yesno' && !list && typed === undefined) {
      save(row, column, row[column.name] !== true, '', row.version);
      return;
    }
    const kept = states.of(row.id)?.[column.name];
    const text = typed ?? kept?.text ?? formatValue(column.kind, row[column.name], place);
    const version = kept?.baseVersion ?? row.version;
    states.edited = { id: row.id, field: column.name };
    setEditing({ id: row.id, version, ...at, text, typed: typed !== undefined, list });
  };

  const close = () => {
    states.edited = null;
    setEditing(null);
  };
  useEffect(
    () => () => {
      states.edited = null;
    },
    [states],
  );

  /** Saves what is in the editor. */
  const commit = (value: FieldValue, text: string) => {
    const row = editing && store.find(editing.id);
    const column = editing && columns[editing.column];
    // A text left as it was is no change, even where it says less than the value (an instant's day).
    const untouched = editing?.text === text && !editing.typed;
    if (row && column && !(untouched && !states.of(row.id)?.[column.name])) {
      save(row, column, value, text, editing.version);
    }
    close();
  };

  /** Keeps a text that cannot be read at its cell, with the reason, as a refusal of the server does. */
  const refuse = (text: string, reason: string) => {
    const column = editing && columns[editing.column];
    if (editing && column) {
      const { id, version: baseVersion } = editing;
      states.set(id, column.name, { kind: 'failed', text, baseVersion, reason, retry: false });
      announce(`${column.label} was not saved`);
    }
    close();
  };

  const clear = (at: CellAt) => {
    const row = store.get(at.row);
    const column = columns[at.column];
    if (!row || !column?.editable || !mayEdit || isLocked(row)) return;
    const empty: FieldValue = column.kind === 'list' ? [] : column.kind === 'yesno' ? false : null;
    save(row, column, empty, '', row.version);
  };
  return { editing, open, close, commit, refuse, clear };
}
