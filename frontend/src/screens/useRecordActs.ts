import { useState } from 'react';
import { deleteChallan, nameOf, restoreChallan } from '../api/challans';
import { ProblemError } from '../api/http';
import type { Challan, Row } from '../api/types';
import { PAGE_SIZE, type RowStore } from '../grid/rowStore';
import { toast } from '../ui/toasts';
import { did } from '../undo/steps';
import { toastUndo } from '../undo/undo';
import type { Address } from './useAddress';

/** What is done with one record of the list, and reading the list anew where it has others by that. */
export function useRecordActs(store: RowStore, { search, go }: Address, isTrash: boolean) {
  /** How often the list was begun anew. */
  const [round, setRound] = useState(0);
  const onClose = () => go({ record: undefined });
  const readAnew = () => {
    void store.reload(0, PAGE_SIZE - 1);
    setRound((before) => before + 1);
  };
  const onRestore = async (record: Row) => {
    try {
      store.put(await restoreChallan(record.id));
      if (isTrash) store.markLeft(record.id);
      toast('Restored');
    } catch (error) {
      toast(error instanceof Error ? error.message : 'It could not be restored.');
    }
    onClose();
  };
  const onDelete = async (row: Row) => {
    const name = row.challan_number ? `Challan ${row.challan_number}` : 'The challan';
    let batch: string | undefined;
    try {
      await deleteChallan(row, (made) => {
        batch = made;
        did({ batch: made, what: `deleting ${nameOf(row)}`, moves: true });
      });
    } catch (error) {
      const changed = error instanceof ProblemError && error.status === 412;
      toast(
        changed ? `${name} was changed meanwhile. Look again first.` : (error as Error).message,
      );
      return;
    }
    store.markGone(row.id);
    if (search.record === row.id) onClose();
    if (batch) toastUndo(`${name} deleted`, batch);
    else toast(`${name} deleted`);
  };
  const onSaved = (saved: Challan, created: boolean) => {
    if (!created) {
      store.put(saved);
      toast('Saved');
      return;
    }
    readAnew();
    toast(saved.challan_number ? `Challan ${saved.challan_number} issued` : 'Draft saved');
    onClose();
  };
  const onIssued = (issued: Challan) => {
    store.put(issued);
    toast(`Challan ${issued.challan_number} issued`);
  };
  const onVoided = (voided: Challan, batch: string | undefined) => {
    store.put(voided);
    const said = `Challan ${voided.challan_number} is void`;
    if (batch) toastUndo(said, batch);
    else toast(said);
  };
  const onPutBack = (changed: Challan, what: string) => {
    store.put(changed);
    toast(`${what} restored`);
  };
  return { round, readAnew, onClose, onRestore, onDelete, onSaved, onIssued, onVoided, onPutBack };
}
