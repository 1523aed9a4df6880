import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export interface ChallansSearch {
  q?: string;
  sort?: string;
  /** The saved view that the filter, the order and the columns come from. */
  view?: string;
  /** The record in the drawer: an id, or `new`. */
  record?: string;
}

/** The order of a list whose address names none. */
export const NEWEST_FIRST = '-date';

/** What the address of the register asks for, and going elsewhere in it. */
export function useAddress() {
  const search = useSearch({ from: '/start/challans' });
  const navigate = useNavigate({ from: '/start/challans' });
  const go = useCallback(
    (change: Partial<ChallansSearch>, replace = false) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace }),
    [navigate],
  );
  const onSearch = useCallback(
    (text: string, replace = false) => go({ q: text.trim() || undefined }, replace),
    [go],
  );
  return { search, q: search.q ?? '', sort: search.sort ?? NEWEST_FIRST, go, onSearch };
}

export type Address = ReturnType<typeof useAddress>;
