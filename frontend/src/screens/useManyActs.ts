import { useCallback, useEffect, useState } from 'react';
import type { Order } from '../api/batches';
import type { FieldName } from '../api/types';
import type { CopySource, ReadPart } from '../copy/tableFile';
import type { Column } from '../grid/columns';
import type { RowStore } from '../grid/rowStore';
import { type Box, boxOf, type Selection, START } from '../grid/selection';
import type { ReadRows } from '../grid/useCopy';
import type { ChoosingRows } from '../grid/useRowChoice';

interface Copying {
  /** Columns to begin with. */
  begin?: FieldName[];
  /** This very range; else the rows chosen, else the range that is drawn. */
  box?: Box;
}

interface ManyOptions {
  store: RowStore;
  rows: ChoosingRows;
  /** How many rows are chosen. */
  chosen: number;
  selection: Selection | null;
  phone: boolean;
  readRows: ReadRows;
  readPart: ReadPart;
}

/** What is to be done with many rows: which change is asked about, and which rows are copied. */
export function useManyActs(options: ManyOptions) {
  const { store, rows, chosen, selection, phone, readRows, readPart } = options;
  const [bulk, setBulk] = useState<Order['action'] | null>(null);
  const [copying, setCopying] = useState<Copying | null>(null);
  useEffect(() => {
    // "Back" on a phone ends the choice that a dialog was about.
    if (chosen > 0) return;
    setBulk(null);
    if (phone) setCopying(null);
  }, [chosen, phone]);

  const sourceOf = ({ box }: Copying): CopySource => {
    if (chosen > 0 && !box) {
      return { count: chosen, read: rows.read, top: 0, whole: rows.choice.all, readPart };
    }
    const { top, bottom } = box ?? boxOf(selection ?? START);
    const count = bottom - top + 1;
    const read = () => readRows(top, bottom);
    return { count, read, top, whole: count === store.total, readPart };
  };
  const copyColumns = useCallback(() => setCopying({}), []);
  const copyMany = useCallback(
    (columns: Column[], box: Box) => setCopying({ begin: columns.map(({ name }) => name), box }),
    [],
  );
  return {
    bulk,
    setBulk,
    copying: copying && { begin: copying.begin, source: sourceOf(copying) },
    copyColumns,
    copyMany,
    endCopy: () => setCopying(null),
  };
}

export type ManyActs = ReturnType<typeof useManyActs>;
