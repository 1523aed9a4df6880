import { useMemo } from 'react';
import { patchView } from '../api/views';
import type { Column } from '../grid/columns';
import { toast } from '../ui/toasts';
import { useLayout, useViewsChanged } from '../views/useViews';
import { arranged, type ViewState } from '../views/viewState';
import { type Address, NEWEST_FIRST } from './useAddress';
import { searchOf, useViewChoice } from './useViewChoice';

/** The saved view that is looked at, how its columns stand, and what differs from it. */
export function useShownView({ search, q, sort, go }: Address, columns: Column[]) {
  const { views, view, choose } = useViewChoice(search, go);
  const { layout, isChanged: layoutChanged, setLayout, resetLayout } = useLayout(view, columns);
  const changed = useViewsChanged();
  const shownColumns = useMemo(() => arranged(columns, layout), [columns, layout]);
  const state: ViewState = { q, sort, ...layout };
  const isChanged =
    layoutChanged ||
    (view !== undefined &&
      (q !== (view.state.q ?? '') || sort !== (view.state.sort || NEWEST_FIRST)));
  const save = async () => {
    if (!view) return;
    try {
      await patchView(view, { state });
      toast(`View “${view.name}” saved`);
    } catch (error) {
      toast(error instanceof Error ? error.message : 'The view could not be saved.');
    }
    await changed();
  };
  const reset = () => {
    resetLayout();
    if (view) go(searchOf(view));
  };
  return {
    views,
    view,
    choose,
    layout,
    setLayout,
    resetLayout,
    columns,
    shownColumns,
    state,
    isChanged,
    save,
    reset,
    changed,
  };
}

export type ShownView = ReturnType<typeof useShownView>;
