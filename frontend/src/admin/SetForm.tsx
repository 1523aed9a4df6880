import { useState } from 'react';
import { createSet, deleteSet, type PermissionSet, replaceSet } from '../api/rights';
import { useSubmit } from '../lib/useSubmit';
import { placeOf, useMe } from '../shell/session';
import { Confirm } from '../ui/Confirm';
import { DrawerForm } from '../ui/DrawerForm';
import { TextField } from '../ui/Field';
import { toast } from '../ui/toasts';
import { type Block, grantsOf } from './grants';
import { RightsEditor } from './RightsEditor';
import { startOf } from './RightsForm';

interface SetFormProps {
  /** Undefined for a new one. */
  set: PermissionSet | undefined;
  mayChange: boolean;
  onDone: () => void;
}

/** A set's name and what it gives. */
export function SetForm({ set, mayChange, onDone }: SetFormProps) {
  const { timeZone } = placeOf(useMe());
  const [name, setName] = useState(set?.name ?? '');
  const [blocks, setBlocks] = useState<Block[]>(() => startOf(set?.grants ?? [], timeZone));
  const [asking, setAsking] = useState(false);
  const { busy, errors, failure, submit, mend, setErrors } = useSubmit(['name'], { taken: 'name' });
  const save = () => {
    if (name.trim() === '') return setErrors({ name: 'This is needed.' });
    void submit(async () => {
      const body = { name: name.trim(), grants: grantsOf(blocks, timeZone) };
      await (set ? replaceSet(set.id, body) : createSet(body));
      toast(`Set ${body.name} saved`);
      onDone();
    });
  };
  const remove = (gone: PermissionSet) =>
    submit(async () => {
      await deleteSet(gone.id);
      toast(`Set ${gone.name} deleted`);
      onDone();
    });
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => mayChange && save()}
      actions={
        mayChange && (
          <>
            {set && (
              <button type="button" className="btn ghost danger" onClick={() => setAsking(true)}>
                Delete
              </button>
            )}
            <span className="flex-1" />
            <button type="submit" className="btn primary" disabled={busy}>
              {busy ? 'Saving…' : 'Save set'}
            </button>
          </>
        )
      }
    >
      <TextField
        label="Name"
        value={name}
        error={errors.name}
        disabled={!mayChange}
        autoComplete="off"
        onText={(text) => {
          setName(text);
          mend('name');
        }}
      />
      <RightsEditor
        blocks={blocks}
        disabled={!mayChange}
        onBlocks={setBlocks}
        none="Gives nothing yet."
      />
      {set && (
        <Confirm
          open={asking}
          title={`Delete the set ${set.name}?`}
          does="Delete set"
          onConfirm={() => void remove(set)}
          onClose={() => setAsking(false)}
        >
          Who was given its rights keeps them. The set itself cannot be had back.
        </Confirm>
      )}
    </DrawerForm>
  );
}
