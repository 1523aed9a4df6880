import { useEffect } from 'react';
import { useMe } from '../shell/session';
import { stepsOf, type Way } from './steps';
import { stepBack } from './undo';

/** Whether a text is being written there, which has an undo of its own. */
const isWriting = (target: EventTarget | null): boolean =>
  Boolean(
    (target as HTMLElement | null)?.closest?.(
      'input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog][aria-modal], [role=alertdialog]',
    ),
  );

/** The way that a key asks for where nothing is being written: Ctrl Z, and Ctrl Y or Ctrl Shift Z. */
export function wayOf(event: KeyboardEvent): Way | null {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || isWriting(event.target)) return null;
  const key = event.key.toLowerCase();
  if (key !== 'z' && key !== 'y') return null;
  return key === 'y' || event.shiftKey ? 'redo' : 'undo';
}

/** Undo and redo by keys. */
export function UndoKeys() {
  const { id } = useMe();
  useEffect(() => stepsOf(id), [id]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const way = wayOf(event);
      if (!way) return;
      event.preventDefault();
      if (!event.repeat) void stepBack(way);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  return null;
}
