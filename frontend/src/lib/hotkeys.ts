import { useEffect, useRef, useSyncExternalStore } from 'react';
import { keep, kept } from './device';
import { Listeners } from './listeners';

/** Whether a key press belongs to what has the focus: a field, the grid, or an open dialog. */
function isTaken(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(
    element?.closest?.(
      'input, textarea, select, [contenteditable], [role=grid], [role=menu], [role=dialog][aria-modal]',
    ),
  );
}

/** What cannot be typed by accident acts beside a field and in the grid too, but not behind a dialog. */
const isCovered = (target: EventTarget | null): boolean =>
  Boolean(
    (target as HTMLElement | null)?.closest?.('[role=dialog][aria-modal], [role=alertdialog]'),
  );

const SINGLE_KEYS = 'single-keys';
const watchers = new Listeners();
const singleKeys = () => kept(SINGLE_KEYS) !== 'off';

/** Switches single letters as shortcuts on or off; speech input sends letters as if typed (WCAG 2.1.4). */
export function setSingleKeys(on: boolean): void {
  keep(SINGLE_KEYS, on ? null : 'off');
  watchers.tell();
}

export const useSingleKeys = (): boolean => useSyncExternalStore(watchers.subscribe, singleKeys);

/** The longest pause between the letters of a sequence like G then D, ms. */
const SEQUENCE = 1_200;

/**
 * Single keys and sequences (`g d`) that act while nothing is edited, and chords (`ctrl shift l`).
 * Keys are as `event.key` gives them, in lower case.
 */
export function useHotkeys(keys: Record<string, () => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let before = '';
    let at = 0;
    const onChord = (event: KeyboardEvent) => {
      const shift = event.shiftKey ? 'shift ' : '';
      const act = latest.current[`ctrl ${shift}${event.key.toLowerCase()}`];
      if (!act || event.altKey || isCovered(event.target)) return;
      event.preventDefault();
      act();
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey) onChord(event);
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      if (!singleKeys()) return;
      const key = event.key.toLowerCase();
      const sequence = event.timeStamp - at < SEQUENCE ? `${before} ${key}` : '';
      const act = latest.current[sequence] ?? latest.current[key];
      before = key;
      at = event.timeStamp;
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
