import { useCallback, useRef } from 'react';

/**
 * Writes a search into the address as one step of the way back, however many pauses it was typed
 * with: only the first writing of it is a step, the others replace it. What comes back takes a text
 * as it is typed, or once it is settled: by Enter, a choice, or leaving its field.
 */
export function useTyping(present: string, write: (text: string, replace: boolean) => void) {
  const now = useRef(present);
  now.current = present;
  const latest = useRef(write);
  latest.current = write;
  /** What typing last left in the address; null where that was settled. */
  const typed = useRef<string | null>(null);
  return useCallback((text: string, isTyping: boolean) => {
    const next = text.trim();
    if (next !== now.current.trim()) latest.current(next, typed.current === now.current);
    typed.current = isTyping ? next : null;
  }, []);
}
