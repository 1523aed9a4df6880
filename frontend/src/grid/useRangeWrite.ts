import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { MOST_ROWS, patchRows } from '../api/batches';
import type { Row } from '../api/types';
import { announce } from '../lib/announce';
import { plural } from '../lib/text';
import { toast } from '../ui/toasts';
import { did, underWay } from '../undo/steps';
import { toastUndo } from '../undo/undo';
import type { CellStates } from './cellStates';
import type { Column, Place } from './columns';
import {
  countsOf,
  doneSentence,
  failures,
  type Judged,
  judged,
  showConflicts,
  showWritten,
  statesOf,
  stepOf,
  type Verb,
} from './outcome';
import {
  extentOf,
  type Plan,
  type PlannedRow,
  planClear,
  planFill,
  planNew,
  planPaste,
  type RowAt,
  sent,
  tooMany,
} from './plan';
import type { RowStore } from './rowStore';
import { saveCell } from './saveCell';
import type { Box } from './selection';
import type { ReadRows } from './useCopy';

/** Rows changed without asking, where nothing is refused: one commit of the server. */
const AT_ONCE = 200;

export interface RangeWriteOptions {
  store: RowStore;
  states: CellStates;
  columns: Column[];
  place: Place;
  readRows: ReadRows;
  mayUpdate: boolean;
  mayCreate: boolean;
  /** Whether several rows may be written by one request. */
  mayBulk: boolean;
  /** Challans were made, which are in no list yet. */
  onCreated: () => void;
}

export type RangeWrite = ReturnType<typeof useRangeWrite>;

/** Writing into a range: paste, fill down, clear. Each is rehearsed by the server and is one step of undo. */
export function useRangeWrite(options: RangeWriteOptions) {
  const { store, states, columns, place, readRows } = options;
  const [pending, setPending] = useState<Judged | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const latest = useRef(options);
  latest.current = options;
  const working = useRef(false);

  const cancel = useCallback(() => {
    setPending((before) => {
      if (before) states.setMany(statesOf(before.plan.rows, null));
      return null;
    });
  }, [states]);
  // A range of another list is no range of this one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the list whose change counts
  useEffect(() => cancel, [cancel, store]);

  /** Writes rows that the server found right a moment ago, and keeps what it refused at its cells. */
  const write = useCallback(
    async ({ verb, rows, refused, plan, results }: Judged) => {
      setPending(null);
      states.setMany(statesOf(plan.rows, null));
      states.setMany(statesOf(rows, 'saving'));
      const answer = rows.length > 0 ? await underWay(patchRows(sent(rows), false)) : NOTHING;
      states.setMany(statesOf(rows, null));
      const after = judged(verb, { rows, refused: [], notes: [] }, answer);
      showWritten(answer.results, store);
      states.setMany(failures([...(verb === 'paste' ? refused : []), ...after.refused]));
      if (after.rows.length > 0) tell(verb, answer.batch_id, after);
      if (after.created > 0) latest.current.onCreated();
      await showConflicts(plan.rows, [...results, ...answer.results], store, states);
    },
    [store, states],
  );

  const failed = useCallback(
    (rows: PlannedRow[], error: unknown) => {
      states.setMany(statesOf(rows, null));
      toast(error instanceof Error ? error.message : 'This could not be written.');
    },
    [states],
  );

  /** Rehearses a plan; what is plain is written at once, anything else is shown first. */
  const run = useCallback(
    async (verb: Verb, plan: Plan) => {
      const { mayBulk } = latest.current;
      const [first] = plan.rows;
      if (!first && plan.refused.length === 0) {
        toast(plan.notes.join(' ') || 'Nothing to change there.');
        return;
      }
      if (plan.rows.length === 1 && plan.refused.length === 0 && first?.row) {
        const [field, ...others] = Object.keys(first.texts) as (keyof Row)[];
        if (field && others.length === 0) {
          // One cell is an edit like any other, with its conflict at the cell.
          const { row, changes, texts } = first;
          const edit = { id: row.id, baseVersion: row.version, field, changes };
          void saveCell({ ...edit, text: texts[field] ?? '' }, states);
          return;
        }
      }
      if (!mayBulk) {
        toast('Writing several cells at once needs the right to change many challans.');
        return;
      }
      states.setMany(statesOf(plan.rows, 'proposed'));
      try {
        const answer = first ? await patchRows(sent(plan.rows), true) : NOTHING;
        const found = judged(verb, plan, answer);
        const plain =
          found.refused.length === 0 && found.created === 0 && found.rows.length <= AT_ONCE;
        if (plain) await write(found);
        else {
          // What is refused is not what the cells would be.
          const left = new Set(found.rows);
          states.setMany(
            statesOf(
              plan.rows.filter((row) => !left.has(row)),
              null,
            ),
          );
          setPending(found);
          announce(countsOf(found));
        }
      } catch (error) {
        failed(plan.rows, error);
      }
    },
    [states, write, failed],
  );

  /** One at a time; a key that repeats meanwhile is let go. */
  const alone = useCallback(async (does: string, work: () => Promise<void>) => {
    if (working.current) return;
    working.current = true;
    const slow = setTimeout(() => setBusy(does), 300);
    try {
      await work();
    } catch (error) {
      toast(error instanceof Error ? error.message : 'This could not be done.');
    } finally {
      clearTimeout(slow);
      setBusy(null);
      working.current = false;
    }
  }, []);

  /** The rows `top` to `bottom`, read where they are not held. */
  const rowsOf = useCallback(
    async (top: number, bottom: number): Promise<RowAt> => {
      const last = Math.min(bottom, store.total - 1);
      let held = true;
      for (let at = top; at <= last && held; at++) held = store.get(at) !== undefined;
      if (held) return (at) => store.get(at);
      const rows = await readRows(top, last);
      return (at) => store.get(at) ?? rows[at - top];
    },
    [store, readRows],
  );

  /** Writes what `plan` says of the rows of a range. */
  const inRange = useCallback(
    (verb: Verb, does: string, { top, bottom }: Box, plan: (rowAt: RowAt) => Plan) => {
      const { mayUpdate } = latest.current;
      const many = tooMany(bottom - top + 1);
      if (many || !mayUpdate) {
        toast(many ?? 'You may not change challans.');
        return;
      }
      cancel();
      void alone(does, async () => run(verb, plan(await rowsOf(Math.max(0, top), bottom))));
    },
    [alone, cancel, rowsOf, run],
  );

  const paste = useCallback(
    (table: string[][], box: Box) => {
      if (table.length === 0) {
        toast('There is no text on the clipboard.');
        return;
      }
      const { mayCreate } = latest.current;
      const total = store.total;
      inRange('paste', 'Pasting…', extentOf(table, box), (rowAt) =>
        planPaste({ table, box, columns, total, rowAt, mayCreate, place }),
      );
    },
    [inRange, columns, store, place],
  );

  /** Makes a challan of every line. */
  const pasteNew = useCallback(
    (table: string[][]) => {
      if (table.length > MOST_ROWS || !latest.current.mayCreate) {
        toast(tooMany(table.length) ?? 'You may not make challans.');
        return;
      }
      cancel();
      void alone('Reading…', () => run('paste', planNew(table, columns, place)));
    },
    [alone, cancel, run, columns, place],
  );

  const fill = useCallback(
    (box: Box) =>
      inRange(
        'fill',
        'Filling…',
        { ...box, top: box.top === box.bottom ? box.top - 1 : box.top },
        (rowAt) => planFill({ box, columns, rowAt, place }),
      ),
    [inRange, columns, place],
  );
  const clear = useCallback(
    (box: Box) =>
      inRange('clear', 'Clearing…', box, (rowAt) => planClear({ box, columns, rowAt, place })),
    [inRange, columns, place],
  );

  const apply = useCallback(() => {
    const found = pending;
    if (found) {
      void alone('Writing…', () => write(found).catch((error) => failed(found.rows, error)));
    }
  }, [pending, alone, write, failed]);

  return useMemo(
    () => ({ pending, busy, paste, pasteNew, fill, clear, apply, cancel }),
    [pending, busy, paste, pasteNew, fill, clear, apply, cancel],
  );
}

/** Says what was written, with its undo. */
function tell(verb: Verb, batch: string | null | undefined, after: Judged): void {
  const { rows, refused, created } = after;
  if (batch) did({ batch, what: stepOf(verb, rows), moves: created > 0 });
  const lost = refused.length > 0 ? `; ${plural(refused.length, 'cell')} refused` : '';
  const sentence = `${doneSentence(verb, rows)}${lost}`;
  if (batch) toastUndo(sentence, batch);
  else toast(sentence);
  announce(sentence);
}

const NOTHING = { batch_id: null, created: 0, updated: 0, unchanged: 0, refused: 0, results: [] };
