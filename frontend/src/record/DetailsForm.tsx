import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { createChallan, patchChallan } from '../api/challans';
import { ProblemError } from '../api/http';
import type { Challan, FieldConflict, FieldName } from '../api/types';
import type { Place } from '../grid/columns';
import { conflictOf } from '../grid/saveCell';
import { announce } from '../lib/announce';
import { formatMoment } from '../lib/dates';
import { tellNewCustomer } from './customer';
import { FieldRow } from './FieldRow';
import { FORM, labelOf, readDraft, textOf } from './fields';
import { useDraft } from './useDraft';
import { useInvoiceDate } from './useInvoiceDate';

interface DetailsFormProps {
  /** Who types. */
  owner: string;
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

/** Fields that somebody else changed too, and the version by which they did. */
interface Clash {
  version: number;
  open: FieldConflict[];
}

const CLASH = 'Somebody changed the same fields. Choose whose value stays, then save.';

export function DetailsForm(props: DetailsFormProps) {
  const { owner, record, place, mayEdit, onSaved, onCurrent, onClose } = props;
  const typed = useDraft(owner, record, place);
  const { draft, touched } = typed;
  const invoiceDate = useInvoiceDate(draft, record, place);
  const [errors, setErrors] = useState<Errors>({});
  const [clash, setClash] = useState<Clash | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!clash) return;
    form.current?.querySelector('[role=group]')?.scrollIntoView({ block: 'center' });
  }, [clash]);
  const shown = FORM.map(({ title, fields }) => ({
    title,
    fields: fields.filter(({ name }) => !record?.hidden?.includes(name)),
  })).filter(({ fields }) => fields.length > 0);

  const change = (name: FieldName, text: string) => {
    typed.change(name, text);
    if (name === 'invoice_date') invoiceDate.setByHand(true);
    // What is not submitted has no day of it.
    if (name === 'invoice_submission' && text === 'No') typed.change('invoice_submitted_on', '');
    else if (name === 'invoice_submission') typed.forget('invoice_submitted_on');
    setErrors(({ [name]: _, ...rest }) => rest);
  };
  const proposed = (name: FieldName) => (name === 'invoice_date' ? invoiceDate.shown : undefined);
  const settle = (name: FieldName) => {
    if (!clash) return;
    const open = clash.open.filter(({ field }) => field !== name);
    setClash(open.length > 0 ? { ...clash, open } : null);
    if (open.length > 0) return;
    // Only now all of what others did was looked at.
    typed.rebase(clash.version);
    setFailure(null);
  };
  const giveUp = () => {
    typed.discard();
    invoiceDate.setByHand(false);
    setErrors({});
    setClash(null);
    setFailure(null);
    if (!record || !touched) onClose();
  };

  /** Shows what is wrong with fields, and goes to the first of them. */
  const refuse = (wrong: Errors) => {
    flushSync(() => setErrors(wrong));
    form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  };
  const refused = (error: unknown) => {
    const found = conflictOf(error);
    if (found) {
      const { current, conflicts } = found;
      const seen = (name: string) =>
        shown.some(({ fields }) => fields.some((f) => f.name === name));
      const open = conflicts.filter(({ field }) => seen(field));
      onCurrent(current as Challan);
      if (open.length > 0) setClash({ version: current.version, open });
      else typed.rebase(current.version);
      setFailure(CLASH);
      announce('Not saved: somebody changed the same fields');
      return;
    }
    const fields = error instanceof ProblemError ? error.fields : {};
    const named = Object.entries(fields).map(([name, why]) => `${labelOf(name)}: ${why.join(' ')}`);
    const whole = error instanceof Error ? error.message : 'This could not be saved.';
    setFailure(named.join(' ') || whole);
    refuse(Object.fromEntries(Object.entries(fields).map(([name, why]) => [name, why.join(' ')])));
  };

  const save = async (asDraft: boolean) => {
    if (busy || !mayEdit || (record && !touched)) return;
    if (clash) {
      setClash({ ...clash });
      setFailure(CLASH);
      return;
    }
    setBusy(true);
    const read = readDraft(await invoiceDate.completed(), place);
    if (!record && read.changes.customer === undefined) read.errors.customer ??= 'This is needed.';
    setFailure(null);
    refuse(read.errors);
    if (Object.keys(read.errors).length > 0) {
      setBusy(false);
      return;
    }
    try {
      const saved = record
        ? await patchChallan(record.id, typed.base ?? record.version, read.changes)
        : await createChallan(asDraft ? { ...read.changes, draft: true } : read.changes);
      typed.saved(draft, saved.version);
      invoiceDate.setByHand(false);
      if (read.changes.customer !== undefined) tellNewCustomer(saved);
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
      {typed.leftAt && touched && (
        <p role="status" className="flex-none px-4 py-2 bg-accent-soft border-b border-line">
          You left this unsaved at {formatMoment(typed.leftAt, place.timeZone, place.today)}
          {record && `: ${Object.keys(draft).map(labelOf).join(', ')}`}.{' '}
          {mayEdit ? 'Save it, or discard it.' : 'It cannot be saved as this challan stands now.'}
        </p>
      )}
      {/* Where no field takes the focus, it is scrolled by keys itself. */}
      <div
        className="flex-1 min-h-0 overflow-auto p-4 grid content-start gap-6"
        tabIndex={mayEdit ? undefined : 0}
      >
        {shown.map((group) => (
          <fieldset key={group.title} className="grid grid-cols-2 gap-3 min-w-0">
            <legend className="text-xs font-semibold text-ink-2 mb-2">{group.title}</legend>
            {group.fields.map((field) => (
              <FieldRow
                key={field.name}
                field={field}
                place={place}
                value={
                  (mayEdit ? (draft[field.name] ?? proposed(field.name)) : undefined) ??
                  textOf(record, field.name, place)
                }
                disabled={!mayEdit}
                unsaved={record !== null && mayEdit && draft[field.name] !== undefined}
                error={errors[field.name]}
                conflict={mayEdit ? clash?.open.find((one) => one.field === field.name) : undefined}
                onChange={(text) => change(field.name, text)}
                onKeepMine={() => settle(field.name)}
                onTakeTheirs={() => {
                  typed.forget(field.name);
                  settle(field.name);
                }}
              />
            ))}
          </fieldset>
        ))}
      </div>
      {failure && mayEdit && (
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
