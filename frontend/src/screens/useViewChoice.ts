import { useEffect, useRef } from 'react';
import type { View } from '../api/views';
import { useHotkeys } from '../lib/hotkeys';
import { useViews } from '../views/useViews';
import type { ChallansSearch } from './useAddress';

/** The address of a view: its filter and order stand there in full, so that it can be handed on. */
export const searchOf = (view: View | undefined): ChallansSearch => ({
  view: view?.id,
  q: view?.state.q || undefined,
  sort: view?.state.sort || undefined,
  record: undefined,
});

const isBare = ({ q, sort, record }: ChallansSearch) => !q && !sort && !record;

/**
 * The saved views and the one that the address names. An address that says nothing opens with the
 * person's default; one that names a view only is filled in.
 */
export function useViewChoice(
  search: ChallansSearch,
  go: (change: ChallansSearch, replace?: boolean) => void,
) {
  const { data } = useViews();
  const views = data?.results ?? [];
  const view = views.find(({ id }) => id === search.view);
  const isFilled = useRef(!isBare(search));
  const loaded = data !== undefined;
  const wanted = search.view ? view : views.find((one) => one.default_for_me);
  useEffect(() => {
    if (isFilled.current || !loaded) return;
    isFilled.current = true;
    if (wanted && isBare(search)) go(searchOf(wanted), true);
  }, [loaded, wanted, search, go]);

  const choose = (chosen: View | undefined) => {
    isFilled.current = true;
    go(searchOf(chosen));
  };
  // In the order of the menu: one's own, then shared ones.
  const isOwn = ({ can, shared }: View) => !shared && can.includes('update');
  const ordered = [...views.filter(isOwn), ...views.filter((one) => !isOwn(one))];
  useHotkeys(
    Object.fromEntries(ordered.slice(0, 9).map((one, i) => [`v ${i + 1}`, () => choose(one)])),
  );
  return { views, view, choose };
}
