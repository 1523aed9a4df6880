import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { fetchRange } from '../api/challans';
import type { Row } from '../api/types';
import type { ReadPart } from '../copy/tableFile';
import { cellStatesOf } from '../grid/cellStates';
import type { Column } from '../grid/columns';
import { PAGE_SIZE, RowStore } from '../grid/rowStore';
import { rowsOf } from '../grid/rows';
import type { ReadRows } from '../grid/useCopy';
import { useLive } from '../live/LiveProvider';
import { moveOf } from '../live/stream';
import { useMe } from '../shell/session';
import { toast } from '../ui/toasts';
import { asksForTrash } from './filter';

/** Counts of the stages are read anew at most this often while changes come in, ms. */
const COUNTS_PAUSE = 1_500;

/** A service may answer by rights as they were up to a second ago; after that it is asked again, ms. */
const RIGHTS_HELD = 1_200;

/** Whether a change brought a row that was not there before. */
const isNew = (kind: string, row: Row) => row.version === 1 || kind.startsWith('restor');

/** The window store of a filter and an order, fed by the live stream. */
export function useChallanList(q: string, sort: string, columns: Column[]) {
  const live = useLive();
  const queries = useQueryClient();
  // By what they are, not by which array holds them: the server's columns, when they come, are mostly those shown already.
  const shown = columns.map((column) => column.name).join();
  // Beside what is shown: whether a row is in the trash, and what of it is hidden from the asker.
  const names = useMemo(() => [...shown.split(','), 'deleted_at', 'hidden'], [shown]);
  const states = cellStatesOf(useMe().id);
  const store = useMemo(
    () =>
      new RowStore(
        (place, signal) =>
          fetchRange({ q, sort, limit: PAGE_SIZE, columns: names, ...place }, signal),
        { ofTrash: asksForTrash(q) },
      ),
    [q, sort, names],
  );
  const rightsTimer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const countsTimer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => states.onAnswer((row) => store.put(row)), [states, store]);
  useEffect(
    () => () => {
      states.dropProposed();
      if (states.unsaved().length > 0) toast('Not saved. What you typed is kept on this device.');
    },
    [states],
  );
  useEffect(() => {
    const countAgain = () => {
      countsTimer.current ??= setTimeout(() => {
        countsTimer.current = undefined;
        void queries.invalidateQueries({ queryKey: ['facets'] });
      }, COUNTS_PAUSE);
    };
    // Other rows or columns may be seen now; what may not must not stay.
    const readByRights = () => {
      void queries.invalidateQueries({ queryKey: ['columns'] });
      void store.reload();
      countAgain();
    };
    const stop = live.listen({
      challan: (event, filter) => {
        const { kind, challan } = event;
        const move = filter === (q || null) ? moveOf(event) : 'unknown';
        store.push(challan, move === 'leaves');
        // Until the stream knows the filter, only a list without one knows what belongs to it.
        const isNewHere = move === 'unknown' && !q && !challan.deleted_at && isNew(kind, challan);
        if (move === 'enters' || isNewHere) store.countNew(challan.id);
        countAgain();
      },
      gone: (id) => store.markGone(id),
      reset: () => void store.reload(),
      account: () => {
        readByRights();
        clearTimeout(rightsTimer.current);
        rightsTimer.current = setTimeout(readByRights, RIGHTS_HELD);
      },
    });
    const unsubscribe = store.subscribe(() => {
      if (store.logCursor) {
        // The server read this filter: only now may the stream ask by it.
        live.follow(q);
        live.coverFrom(store.logCursor);
        unsubscribe();
      }
    });
    return () => {
      live.follow(null);
      stop();
      unsubscribe();
      clearTimeout(rightsTimer.current);
      clearTimeout(countsTimer.current);
      countsTimer.current = undefined;
    };
  }, [live, store, queries, q]);

  const readRows: ReadRows = useCallback(
    async (top, bottom) => {
      const limit = bottom - top + 1;
      return rowsOf(await fetchRange({ q, sort, limit, offset: top, columns: names }));
    },
    [q, sort, names],
  );
  const readPart: ReadPart = useCallback(
    async (at, limit, wanted, signal) => {
      const answer = await fetchRange({ q, sort, limit, columns: wanted, ...at }, signal);
      return { rows: rowsOf(answer), total: answer.total, last: answer.last_cursor ?? null };
    },
    [q, sort],
  );
  return { store, states, readRows, readPart };
}
