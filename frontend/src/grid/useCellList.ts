import { type KeyboardEvent, useState } from 'react';
import type { FieldName } from '../api/types';
import { useNames } from '../finding/names';
import type { Column } from './columns';

/** Columns whose values are names that the server has a list of, by the field of the filter. */
const NAMED: Partial<Record<FieldName, string>> = {
  customer: 'customer',
  delivery_executives: 'executive',
};

/** Whether there is something to choose a cell's value from. */
export const hasList = ({ kind, name }: Column): boolean => kind === 'yesno' || name in NAMED;

/** Of names with commas between, the last is the one being typed. */
const partOf = (column: Column, text: string): string =>
  column.kind === 'list' ? text.slice(text.lastIndexOf(',') + 1).trim() : text.trim();

/** The text once `value` was taken: the part being typed gives way to it, else all of it. */
export function withTaken(column: Column, text: string, typed: boolean, value: string): string {
  const before = column.kind === 'list' && typed ? text.slice(0, text.lastIndexOf(',') + 1) : '';
  return before ? `${before} ${value}` : value;
}

/**
 * The list that a cell's value is chosen from, while the cell is edited: opened by Alt ↓ and by typing a
 * name, narrowed by typing. Enter takes what an arrow went to, else the text as it is: a new name is none
 * of the list.
 */
export function useCellList(
  column: Column,
  begins: boolean,
  text: string,
  onTake: (text: string) => void,
) {
  const [open, setOpen] = useState(begins);
  const [typed, setTyped] = useState(false);
  const [active, setActive] = useState(-1);
  const begun = typed ? partOf(column, text) : '';
  const field = NAMED[column.name];
  const names = useNames(field ?? '', begun, open);
  const all = column.kind === 'yesno' ? ['Yes', 'No'] : names;
  const shown = open && hasList(column) ? all : [];
  const take = (at: number) => {
    const value = shown[at];
    if (value !== undefined) onTake(withTaken(column, text, typed, value));
  };
  /** Whether a key was meant for the list. */
  const onKey = ({ key, altKey }: KeyboardEvent): boolean => {
    if (altKey && key === 'ArrowDown') setOpen(true);
    else if (shown.length === 0) return false;
    else if (key === 'ArrowDown') setActive((now) => Math.min(now + 1, shown.length - 1));
    else if (key === 'ArrowUp') setActive((now) => Math.max(now - 1, -1));
    else if (key === 'Enter' && active >= 0) take(active);
    else if (key === 'Escape' && !typed) setOpen(false);
    else return false;
    return true;
  };
  const onTyped = () => {
    setTyped(true);
    if (field !== undefined) setOpen(true);
    setActive(-1);
  };
  return { shown, active, take, onKey, onTyped };
}
