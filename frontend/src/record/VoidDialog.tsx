import { type FormEvent, useRef, useState } from 'react';
import { nameOf, voidChallan } from '../api/challans';
import type { Challan } from '../api/types';
import { useSubmit } from '../lib/useSubmit';
import { Failure, TextField } from '../ui/Field';
import { Modal } from '../ui/Modal';
import { did } from '../undo/steps';

interface VoidDialogProps {
  challan: Challan;
  /** `batch` is what undo takes back. */
  onVoided: (voided: Challan, batch: string | undefined) => void;
  onClose: () => void;
}

/** Asks why an issued challan is void; its number is used up for good. */
export function VoidDialog({ challan, onVoided, onClose }: VoidDialogProps) {
  const [reason, setReason] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const { busy, errors, failure, submit, mend } = useSubmit(['reason']);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    let batch: string | undefined;
    const done = await submit(async () => {
      const voided = await voidChallan(challan, reason.trim(), (made) => {
        batch = made;
        did({ batch: made, what: `voiding ${nameOf(challan)}` });
      });
      onVoided(voided, batch);
    });
    if (done) onClose();
    else first.current?.focus();
  };
  return (
    <Modal title={`Void challan ${challan.challan_number}?`} focus={first} onClose={onClose}>
      <form className="grid gap-4" onSubmit={(event) => void send(event)} noValidate>
        <p className="text-ink-2">
          The number {challan.challan_number} stays with this challan and is never given to another.
          A void challan cannot be changed.
        </p>
        <TextField
          ref={first}
          label="Reason"
          value={reason}
          maxLength={500}
          autoComplete="off"
          error={errors.reason}
          onText={(text) => {
            setReason(text);
            mend('reason');
          }}
        />
        <Failure>{failure}</Failure>
        <div className="flex justify-end gap-2">
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="btn danger" disabled={busy}>
            Void
          </button>
        </div>
      </form>
    </Modal>
  );
}
