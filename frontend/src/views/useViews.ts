import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { fetchViews, type View } from '../api/views';
import type { Column } from '../grid/columns';
import { keep, kept } from '../lib/device';
import { type Layout, layoutIn, PLAIN, sameLayout } from './viewState';

const VIEWS = ['views'];

/** The saved views that this person sees. */
export const useViews = () =>
  useQuery({ queryKey: VIEWS, queryFn: ({ signal }) => fetchViews(signal), staleTime: 60_000 });

/** Reads the views anew after one was changed. */
export function useViewsChanged() {
  const queries = useQueryClient();
  return useCallback(async () => {
    await queries.invalidateQueries({ queryKey: VIEWS });
    await queries.invalidateQueries({ queryKey: ['views-counted'] });
  }, [queries]);
}

const keyOf = (view: View | undefined) => `layout.${view?.id ?? 'all'}`;

function keptLayout(view: View | undefined): Layout {
  try {
    const text = kept(keyOf(view));
    if (text) return layoutIn(JSON.parse(text));
  } catch {
    // Written by hand, or by another edition: the view's own is there.
  }
  return view ? layoutIn(view.state) : PLAIN;
}

/**
 * How the columns stand now. What differs from the view is kept on this device until it is saved
 * to the view or taken back.
 */
export function useLayout(view: View | undefined, columns: Column[]) {
  const key = `${keyOf(view)} ${view?.version ?? ''}`;
  const [held, setHeld] = useState({ key, layout: keptLayout(view) });
  // Another view, or another edition of it: its layout from this very render on.
  const now = held.key === key ? held : { key, layout: keptLayout(view) };
  if (now !== held) setHeld(now);
  const { layout } = now;
  const saved = view ? layoutIn(view.state) : PLAIN;
  const isChanged = !sameLayout(columns, layout, saved);
  const setLayout = (next: Layout) => {
    keep(keyOf(view), sameLayout(columns, next, saved) ? null : JSON.stringify(next));
    setHeld({ key, layout: next });
  };
  const resetLayout = () => {
    keep(keyOf(view), null);
    setHeld({ key, layout: saved });
  };
  return { layout, isChanged, setLayout, resetLayout };
}
