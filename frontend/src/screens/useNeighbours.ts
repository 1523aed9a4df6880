import { useState } from 'react';
import type { RowStore } from '../grid/rowStore';
import { useHotkeys } from '../lib/hotkeys';
import type { Address } from './useAddress';

/** J and K: from the record in the drawer to the next and the one before; `show` brings its row in sight. */
export function useNeighbours(
  store: RowStore,
  { search, go }: Address,
  show: (row: number) => void,
) {
  const { record } = search;
  const [passed, setPassed] = useState<string | null>(null);
  const step = (by: 1 | -1) => {
    let at = record ? store.indexOf(record) : -1;
    if (at < 0) return;
    do at += by;
    while (store.get(at)?.gone);
    const next = store.get(at);
    if (!next) return;
    show(at);
    setPassed(next.id);
    // Looking through records is one step of the way back, as opening one is.
    go({ record: next.id }, true);
  };
  useHotkeys({ j: () => step(1), k: () => step(-1) });
  /** Whether the record shown was reached so. */
  return record !== undefined && passed === record;
}
