import { useCallback, useEffect, useMemo, useRef } from 'react';
import { MOST_ROWS } from '../api/batches';
import type { Row } from '../api/types';
import { announce } from '../lib/announce';
import { plural } from '../lib/text';
import { toast } from '../ui/toasts';
import { RowChoice } from './rowChoice';
import { PAGE_SIZE, type RowStore } from './rowStore';
import type { ReadRows } from './useCopy';

/** The rows chosen of a list, and choosing them; another filter begins with none. */
export function useRowChoice(q: string, store: RowStore, readRows: ReadRows) {
  const choice = useMemo(() => new RowChoice(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the filter whose change empties the choice
  useEffect(() => () => choice.clear(), [choice, q]);
  const last = useRef(0);

  const idsOf = useCallback(
    async (top: number, bottom: number): Promise<string[]> => {
      const held = Array.from({ length: bottom - top + 1 }, (_, i) => store.get(top + i)?.id);
      const ids = held.filter((id) => id !== undefined);
      if (ids.length === held.length) return ids;
      return (await readRows(top, bottom)).map(({ id }) => id);
    },
    [store, readRows],
  );

  /** Chooses the rows `top` to `bottom`, or lets them go where all of them are chosen. */
  const toggle = useCallback(
    async (top: number, bottom: number, turn?: boolean) => {
      const many = bottom - top + 1 > MOST_ROWS || (choice.all && store.total > MOST_ROWS);
      if (many) {
        toast(
          `Up to ${plural(MOST_ROWS, 'row')} can be chosen one by one. Narrow the filter instead.`,
        );
        return;
      }
      try {
        // All but some are no filter any more: they are chosen one by one.
        if (choice.all) choice.only(await idsOf(0, store.total - 1));
        const ids = await idsOf(top, bottom);
        choice.set(ids, top, turn ?? !ids.every((id) => choice.has(id)));
        announce(`${plural(choice.count(store.total), 'row')} chosen`);
      } catch (error) {
        toast(error instanceof Error ? error.message : 'The rows could not be read.');
      }
    },
    [choice, store, idsOf],
  );

  /** A press on the box of a row; with `extend` all from the one pressed before. */
  const press = useCallback(
    (row: number, extend: boolean) => {
      const from = extend ? last.current : row;
      last.current = row;
      void toggle(Math.min(from, row), Math.max(from, row), extend ? true : undefined);
    },
    [toggle],
  );
  const chooseAll = useCallback(() => {
    choice.chooseAll();
    announce(`All ${plural(store.total, 'row')} chosen`);
  }, [choice, store]);
  /** The rows chosen, in the order of the list, also those that no page holds. */
  const read = useCallback(async () => {
    if (choice.all) return readRows(0, store.total - 1);
    const found: Row[] = [];
    for (const { top, bottom } of choice.spans(PAGE_SIZE)) {
      found.push(...(await readRows(top, bottom)));
    }
    return found.filter(({ id }) => choice.has(id));
  }, [choice, store, readRows]);
  return useMemo(
    () => ({ choice, toggle, press, chooseAll, read }),
    [choice, toggle, press, chooseAll, read],
  );
}

export type ChoosingRows = ReturnType<typeof useRowChoice>;
