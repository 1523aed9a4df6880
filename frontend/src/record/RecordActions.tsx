import { Stamp, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { may } from '../api/accounts';
import { issueChallan } from '../api/challans';
import type { Challan } from '../api/types';
import { useMe } from '../shell/session';
import { toast } from '../ui/toasts';

interface RecordActionsProps {
  challan: Challan;
  onDelete: (record: Challan) => void;
  onIssued: (issued: Challan) => void;
}

/** What may be done with the record as a whole. */
export function RecordActions({ challan, onDelete, onIssued }: RecordActionsProps) {
  const me = useMe();
  const [busy, setBusy] = useState(false);
  if (challan.deleted_at) return null;
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
      {may(me, 'challan:delete') && (
        <button type="button" className="btn ghost danger" onClick={() => onDelete(challan)}>
          <Trash2 size={14} aria-hidden />
          Delete
        </button>
      )}
      {challan.stage === 'draft' && may(me, 'challan:update') && (
        <button type="button" className="btn" disabled={busy} onClick={() => void issue()}>
          <Stamp size={14} aria-hidden />
          Issue
        </button>
      )}
    </>
  );
}
