import { useEffect } from 'react';
import { useMe } from '../shell/session';
import { stepsOf } from './steps';
import { stepBack } from './undo';

/** Whether a text is being written there, which has an undo of its own. */
const isWriting = (target: EventTarget | null): boolean =>
  Boolean(
    (target as HTMLElement | null)?.closest?.(
      'input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog][aria-modal], [role=alertdialog]',
    ),
  );

/** Ctrl Z, and Ctrl Y or Ctrl Shift Z, wherever nothing is being written. */
export function UndoKeys() {
  const { id } = useMe();
  useEffect(() => stepsOf(id), [id]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isWriting(event.target)) return;
      const key = event.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      if (event.repeat) return;
      void stepBack(key === 'y' || event.shiftKey ? 'redo' : 'undo');
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  return null;
}
