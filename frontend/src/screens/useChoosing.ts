import { useLocation, useNavigate, useRouter } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';
import type { ChoosingRows } from '../grid/useRowChoice';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Whether cards are being chosen. It is a step of the history, so that "back" ends it. */
    choosing?: boolean;
  }
}

/** Where Escape means something of its own. */
const TAKES_ESCAPE = 'input, textarea, select, [role=menu], [role=dialog], [role=alertdialog]';

/** Choosing challans on a phone, where a tap opens a record unless it was begun. */
export function useChoosing(phone: boolean, chosen: number, rows: ChoosingRows) {
  const begun = useLocation({ select: ({ state }) => state.choosing === true });
  const navigate = useNavigate({ from: '/start/challans' });
  const { history } = useRouter();
  const { choice, press } = rows;
  // A window made narrow while rows were chosen goes on with them.
  const choosing = phone && (begun || chosen > 0);

  const wasBegun = useRef(begun);
  useEffect(() => {
    if (wasBegun.current && !begun) choice.clear();
    wasBegun.current = begun;
  }, [begun, choice]);

  const begin = useCallback(
    (row?: number) => {
      void navigate({ search: (now) => now, state: (now) => ({ ...now, choosing: true }) });
      if (row !== undefined) press(row, false);
    },
    [navigate, press],
  );
  const leave = useCallback(() => {
    choice.clear();
    if (begun) history.back();
  }, [choice, begun, history]);

  useEffect(() => {
    if (!choosing) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if ((event.target as HTMLElement | null)?.closest?.(TAKES_ESCAPE)) return;
      event.preventDefault();
      leave();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [choosing, leave]);
  return { choosing, begin, leave };
}
