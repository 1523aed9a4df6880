import { useState } from 'react';
import { patchChallan } from '../api/challans';
import type { Challan, Changes, FieldConflict } from '../api/types';
import { conflictOf, reasonFor } from '../grid/saveCell';
import { underWay } from '../undo/steps';
import { labelOf } from './fields';

/** Why a value of the past was not put back, at the change it was asked at. */
export interface NotPutBack {
  /** The place of that change. */
  at: string;
  reason?: string;
  conflict?: FieldConflict;
  /** The version that the conflict was told of. */
  version: number;
}

/** Puts values of the past back, as ordinary changes of the record as it is now. */
export function usePutBack(
  record: Challan,
  onCurrent: (current: Challan) => void,
  onPutBack: (changed: Challan, what: string) => void,
) {
  const [failed, setFailed] = useState<NotPutBack | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (at: string, field: string, set: Changes, version = record.version) => {
    setBusy(true);
    setFailed(null);
    try {
      const what = `restoring ${labelOf(field)}`;
      onPutBack(await underWay(patchChallan(record.id, version, set, what)), labelOf(field));
    } catch (error) {
      const clash = conflictOf(error);
      const conflict = clash?.conflicts.find(({ field: one }) => one in set) ?? clash?.conflicts[0];
      if (clash) onCurrent(clash.current as Challan);
      setFailed({
        at,
        conflict,
        reason: conflict ? undefined : reasonFor(error, field),
        version: clash?.current.version ?? version,
      });
    } finally {
      setBusy(false);
    }
  };
  return { busy, failed, run, giveUp: () => setFailed(null) };
}

export type PutBack = ReturnType<typeof usePutBack>;
