import { type FormEvent, useState } from 'react';
import { chooseView, createView, deleteView, patchView, type View } from '../api/views';
import { useSubmit } from '../lib/useSubmit';
import { Confirm } from '../ui/Confirm';
import { Failure, TextField } from '../ui/Field';
import { Modal } from '../ui/Modal';
import { toast } from '../ui/toasts';
import type { ViewState } from './viewState';

interface ViewDialogProps {
  /** Undefined for a new one. */
  view: View | undefined;
  /** What a new view holds. */
  state: ViewState;
  /** The view as it is now; none where it was removed. */
  onDone: (view: View | undefined) => void;
  onClose: () => void;
}

/** Saves a view under a name, or sets the name, who sees it and whether one opens with it. */
export function ViewDialog({ view, state, onDone, onClose }: ViewDialogProps) {
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? false);
  const [isDefault, setDefault] = useState(view?.default_for_me ?? false);
  const [asking, setAsking] = useState(false);
  const { busy, errors, failure, submit, mend, setErrors } = useSubmit(['name']);
  const mayChange = view?.can.includes('update') ?? true;
  const write = () => {
    const fields = { name: name.trim(), shared, default_for_me: isDefault };
    if (!view) return createView({ ...fields, state });
    return mayChange ? patchView(view, fields) : chooseView(view.id, isDefault);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return setErrors({ name: 'This is needed.' });
    void submit(async () => {
      const saved = await write();
      toast(`View “${saved.name}” saved`);
      onDone(saved);
    });
  };
  const remove = (gone: View) =>
    submit(async () => {
      await deleteView(gone);
      toast(`View “${gone.name}” removed`);
      onDone(undefined);
    });
  return (
    <Modal title={view ? `View “${view.name}”` : 'Save as a new view'} onClose={onClose}>
      <form className="grid gap-3" onSubmit={onSubmit} noValidate>
        <p className="text-ink-2">
          {mayChange
            ? 'A view keeps the filter, the order and the columns.'
            : `${view?.owner.name} shares this view and may change it.`}
        </p>
        <TextField
          label="Name"
          value={name}
          error={errors.name}
          disabled={!mayChange}
          autoComplete="off"
          maxLength={100}
          onText={(text) => {
            setName(text);
            mend('name');
          }}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={shared}
            disabled={!mayChange}
            onChange={(event) => setShared(event.target.checked)}
          />
          <span>Everybody who reads challans sees it</span>
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={isDefault}
            onChange={(event) => setDefault(event.target.checked)}
          />
          <span>Open Challans with it (only for me)</span>
        </label>
        <Failure>{failure}</Failure>
        <div className="flex items-center gap-2 pt-1">
          {view?.can.includes('delete') && (
            <button type="button" className="btn ghost danger" onClick={() => setAsking(true)}>
              Remove
            </button>
          )}
          <span className="flex-1" />
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="btn primary" disabled={busy}>
            {busy ? 'Saving…' : 'Save view'}
          </button>
        </div>
      </form>
      {view && (
        <Confirm
          open={asking}
          title={`Remove the view “${view.name}”?`}
          does="Remove view"
          onConfirm={() => void remove(view)}
          onClose={() => setAsking(false)}
        >
          {view.shared ? 'It goes for everybody. ' : ''}The challans stay as they are.
        </Confirm>
      )}
    </Modal>
  );
}
