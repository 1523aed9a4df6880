import { Ban, Stamp, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { issueChallan } from '../api/challans';
import type { Challan } from '../api/types';
import { toast } from '../ui/toasts';

interface RecordActionsProps {
  challan: Challan;
  onVoid: () => void;
  onDelete: (record: Challan) => void;
  onIssued: (issued: Challan) => void;
}

/** What may be done with the record as a whole. */
export function RecordActions({ challan, onVoid, onDelete, onIssued }: RecordActionsProps) {
  const [busy, setBusy] = useState(false);
  const issue = async () => {
    setBusy(true);
    try {
      onIssued(await issueChallan(challan.id, challan.version));
    } catch (error) {
      toast(error instanceof Error ? error.message : 'It could not be issued.');
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {challan.can.includes('void') && (
        <button type="button" className="btn ghost" onClick={onVoid}>
          <Ban size={14} aria-hidden />
          Void
        </button>
      )}
      {challan.can.includes('delete') && (
        <button type="button" className="btn ghost danger" onClick={() => onDelete(challan)}>
          <Trash2 size={14} aria-hidden />
          Delete
        </button>
      )}
      {challan.can.includes('issue') && (
        <button type="button" className="btn" disabled={busy} onClick={() => void issue()}>
          <Stamp size={14} aria-hidden />
          Issue
        </button>
      )}
    </>
  );
}
