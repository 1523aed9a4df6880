import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { createChallan, patchChallan } from '../api/challans';
import { ProblemError } from '../api/http';
import type { Challan, FieldConflict, FieldName } from '../api/types';
import type { Place } from '../grid/columns';
import { conflictOf } from '../grid/saveCell';
import { announce } from '../lib/announce';
import { formatDate } from '../lib/dates';
import { FieldRow } from './FieldRow';
import { type Draft, FORM, readDraft, textOf, withInvoiceDate } from './fields';

interface Unsaved {
  draft: Draft;
  /** The version the first touched field was seen at. */
  base: number | null;
}

/** What was typed and neither saved nor given up, by `draftKey`; it lasts as long as the page. */
const unsaved = new Map<string, Unsaved>();

interface DetailsFormProps {
  /** Whose draft of which record this is. */
  draftKey: string;
  /** Null while a new challan is written. */
  record: Challan | null;
  place: Place;
  mayEdit: boolean;
  onSaved: (saved: Challan, created: boolean) => void;
  /** The row as somebody else left it, after a refused save. */
  onCurrent: (current: Challan) => void;
  onClose: () => void;
  actions?: React.ReactNode;
}

type Errors = Record<string, string>;

export function DetailsForm(props: DetailsFormProps) {
  const { draftKey, record, place, mayEdit, onSaved, onCurrent, onClose } = props;
  const kept = unsaved.get(draftKey);
  const [draft, setDraft] = useState<Draft>(
    kept?.draft ?? (record ? {} : { date: formatDate(place.today, place.timeZone) }),
  );
  const [base, setBase] = useState<number | null>(kept?.base ?? null);
  const [errors, setErrors] = useState<Errors>({});
  const [conflicts, setConflicts] = useState<FieldConflict[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (conflicts.length === 0) return;
    form.current?.querySelector('[role=group]')?.scrollIntoView({ block: 'center' });
  }, [conflicts]);

  const forget = (name: FieldName) => setDraft(({ [name]: _, ...rest }) => rest);
  const change = (name: FieldName, text: string) => {
    setBase((version) => version ?? record?.version ?? null);
    // Back to what is stored is no change.
    if (record && text === textOf(record, name, place)) forget(name);
    else setDraft((before) => ({ ...before, [name]: text }));
    setErrors(({ [name]: _, ...rest }) => rest);
  };
  const settle = (name: FieldName) =>
    setConflicts((open) => open.filter((conflict) => conflict.field !== name));

  const touched = Object.keys(draft).length > (record ? 0 : 1);
  useEffect(() => {
    if (touched) unsaved.set(draftKey, { draft, base });
    else {
      unsaved.delete(draftKey);
      setBase(null);
    }
  }, [draftKey, touched, draft, base]);
  const giveUp = () => {
    unsaved.delete(draftKey);
    onClose();
  };

  const refused = (error: unknown) => {
    const clash = conflictOf(error);
    if (clash) {
      onCurrent(clash.current as Challan);
      setBase(clash.current.version);
      setConflicts(clash.conflicts);
      setFailure('Somebody changed the same fields. Choose whose value stays, then save.');
      announce('Not saved: somebody changed the same fields');
      return;
    }
    const fields = error instanceof ProblemError ? error.fields : {};
    setErrors(
      Object.fromEntries(Object.entries(fields).map(([name, why]) => [name, why.join(' ')])),
    );
    setFailure(error instanceof Error ? error.message : 'This could not be saved.');
  };

  const save = async (asDraft: boolean) => {
    const read = readDraft(withInvoiceDate(draft, record, place.today), place);
    if (!record && read.changes.customer === undefined) read.errors.customer ??= 'This is needed.';
    setErrors(read.errors);
    setFailure(null);
    if (Object.keys(read.errors).length > 0) return;
    setBusy(true);
    try {
      const saved = record
        ? await patchChallan(record.id, base ?? record.version, read.changes)
        : await createChallan(asDraft ? { ...read.changes, draft: true } : read.changes);
      unsaved.delete(draftKey);
      setDraft({});
      setBase(null);
      setConflicts([]);
      onSaved(saved, !record);
    } catch (error) {
      refused(error);
    } finally {
      setBusy(false);
    }
  };

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void save(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void save(false);
    }
  };

  return (
    <form
      ref={form}
      className="flex-1 min-h-0 flex flex-col"
      onSubmit={onSubmit}
      onKeyDown={onKeyDown}
      noValidate
    >
      <div className="flex-1 min-h-0 overflow-auto p-4 grid content-start gap-6">
        {FORM.map((group) => (
          <fieldset key={group.title} className="grid grid-cols-2 gap-3 min-w-0">
            <legend className="text-xs font-semibold text-ink-2 mb-2">{group.title}</legend>
            {group.fields
              .filter((field) => !record?.hidden?.includes(field.name))
              .map((field) => (
                <FieldRow
                  key={field.name}
                  field={field}
                  place={place}
                  value={draft[field.name] ?? textOf(record, field.name, place)}
                  disabled={!mayEdit}
                  error={errors[field.name]}
                  conflict={conflicts.find((conflict) => conflict.field === field.name)}
                  onChange={(text) => change(field.name, text)}
                  onKeepMine={() => settle(field.name)}
                  onTakeTheirs={() => {
                    forget(field.name);
                    settle(field.name);
                  }}
                />
              ))}
          </fieldset>
        ))}
      </div>
      {failure && (
        <p role="alert" className="px-4 py-2 text-danger border-t border-line">
          {failure}
        </p>
      )}
      <div className="flex items-center gap-2 min-h-12 max-md:min-h-16 px-4 border-t border-line">
        {props.actions}
        <span className="flex-1" />
        <button type="button" className="btn" onClick={giveUp}>
          {touched ? 'Discard' : 'Close'}
        </button>
        {!record && (
          <button type="button" className="btn" disabled={busy} onClick={() => void save(true)}>
            Save draft
          </button>
        )}
        {mayEdit && (
          <button
            type="submit"
            className="btn primary"
            disabled={busy || (record !== null && !touched)}
          >
            {record ? 'Save' : 'Issue challan'}
          </button>
        )}
      </div>
    </form>
  );
}
