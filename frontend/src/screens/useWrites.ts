import { useEffect, useSyncExternalStore } from 'react';
import { may } from '../api/accounts';
import { onJobEnd } from '../bulk/jobs';
import { usePasteBeside } from '../grid/usePaste';
import { type RangeWriteOptions, useRangeWrite } from '../grid/useRangeWrite';
import { useRowChoice } from '../grid/useRowChoice';
import { useLive } from '../live/LiveProvider';
import { useMe } from '../shell/session';
import { onStepped } from '../undo/undo';
import { asksForTrash } from './filter';

/** Jobs after which a list has other rows than before. */
const MOVING = new Set(['delete', 'restore', 'undo']);

type List = Pick<RangeWriteOptions, 'store' | 'states' | 'columns' | 'place' | 'readRows'>;

/** What is written into the list as a whole: ranges, rows pasted, rows chosen; and what undo brings back. */
export function useWrites(q: string, list: List) {
  const me = useMe();
  const live = useLive();
  const { store, readRows } = list;
  const rows = useRowChoice(q, store, readRows);
  const chosen = useSyncExternalStore(rows.choice.subscribe, () => rows.choice.count(store.total));
  const mayBulk = may(me, 'challan:bulk');
  const write = useRangeWrite({
    ...list,
    mayUpdate: may(me, 'challan:update'),
    mayCreate: may(me, 'challan:create') && mayBulk && !asksForTrash(q),
    mayBulk,
    onCreated: () => void store.reload(),
  });
  usePasteBeside(write.pasteNew);
  useEffect(() => {
    const unstep = onStepped((moves) => {
      if (moves || live.connection !== 'live') void store.reload();
    });
    const unend = onJobEnd(({ action }) => {
      if (MOVING.has(action) || live.connection !== 'live') void store.reload();
    });
    return () => {
      unstep();
      unend();
    };
  }, [store, live]);
  return { rows, chosen, write };
}
