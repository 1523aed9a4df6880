import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { carryOut, type Order, rehearse, type Which } from '../api/batches';
import type { FieldName } from '../api/types';
import type { Column, Place } from '../grid/columns';
import { formatCount, plural } from '../lib/text';
import { DateField } from '../ui/DateField';
import { Field, TextField } from '../ui/Field';
import { Modal } from '../ui/Modal';
import { recorded } from '../undo/steps';
import { beginJob } from './jobs';
import { editable, type Form, isNeeded, readOrder } from './order';
import { Refusals } from './Refusals';
import { would } from './words';

const TITLES: Record<Order['action'], string> = {
  update: 'Edit one field',
  link_invoice: 'Link to an invoice',
  void: 'Void',
  delete: 'Delete',
  restore: 'Restore',
};
const VERBS: Record<Order['action'], string> = {
  update: 'Change',
  link_invoice: 'Link',
  void: 'Void',
  delete: 'Delete',
  restore: 'Restore',
};

interface BulkDialogProps {
  action: Order['action'];
  which: Which;
  /** How many challans are chosen. */
  count: number;
  columns: Column[];
  place: Place;
  onDone: (order: Order) => void;
  onClose: () => void;
}

/** One change for all rows chosen: what it is, what it would do, and then doing it. */
export function BulkDialog(props: BulkDialogProps) {
  const { action, which, count, place, onDone, onClose } = props;
  const columns = editable(props.columns);
  const [form, setForm] = useState<Form>({
    field: columns[0]?.name ?? 'remarks',
    text: '',
    invoiceNumber: '',
    invoiceDate: place.today,
    reason: '',
  });
  const [wrong, setWrong] = useState<{ error: string; at: keyof Form } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // Deleting and restoring need nothing further, so what they would do is asked at once.
  const plain = action === 'delete' || action === 'restore';
  const [order, setOrder] = useState<Order | null>(plain ? { action, which } : null);
  const trial = useQuery({
    queryKey: ['rehearsal', order],
    queryFn: ({ signal }) => rehearse(order as Order, signal),
    enabled: order !== null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  });
  const found = order && trial.data;
  const first = useRef<HTMLElement>(null);
  const go = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (plain && found) go.current?.focus();
  }, [plain, found]);

  const change = (part: Partial<Form>) => {
    setForm((before) => ({ ...before, ...part }));
    setWrong(null);
    setFailure(null);
    setOrder(null);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || trial.isFetching) return;
    const read = readOrder(action, which, form, columns, place);
    if ('error' in read) {
      setWrong(read);
      return;
    }
    if (!found || !order) {
      setOrder(read.order);
      if (trial.error) void trial.refetch();
      return;
    }
    if (found.changes === 0) return;
    setBusy(true);
    try {
      const { batch_id } = await carryOut(order);
      const moves = action === 'delete' || action === 'restore';
      recorded(`“${TITLES[action]}” of ${plural(found.changes, 'challan')}`, moves)(batch_id);
      beginJob(batch_id, action, found.matched);
      onDone(order);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : 'This could not be done.');
      setBusy(false);
    }
  };
  const error = failure ?? (trial.error && order ? trial.error.message : null);
  return (
    <Modal title={`${TITLES[action]}: ${plural(count, 'challan')}`} focus={first} onClose={onClose}>
      <form className="grid gap-3" onSubmit={(event) => void submit(event)} noValidate>
        <Fields
          {...props}
          columns={columns}
          form={form}
          wrong={wrong}
          first={first}
          onChange={change}
        />
        {trial.isFetching && <p className="text-ink-2">Looking at what this would do…</p>}
        {found && (
          <div role="status" className="grid gap-2 rounded-md bg-sunken px-3 py-2">
            <p>{trialSentence(action, found)}</p>
            {found.refused.length > 0 && (
              <div className="max-h-48 overflow-auto">
                <Refusals refused={found.refused} count={found.refused_count} />
              </div>
            )}
          </div>
        )}
        {error && (
          <p role="alert" className="text-danger">
            {error}
          </p>
        )}
        <div className="flex justify-end gap-2 pt-1">
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button
            ref={go}
            type="submit"
            className={`btn ${action === 'delete' || action === 'void' ? 'danger' : 'primary'}`}
            disabled={busy || trial.isFetching || found?.changes === 0}
          >
            {found ? `${VERBS[action]} ${plural(found.changes, 'challan')}` : 'Check'}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function trialSentence(
  action: Order['action'],
  { matched, changes, refused_count }: { matched: number; changes: number; refused_count: number },
): string {
  const same = matched - changes - refused_count;
  const parts = [would(action, changes)];
  if (same > 0) parts.push(`${formatCount(same)} stand so already`);
  if (refused_count > 0) parts.push(`${formatCount(refused_count)} refused`);
  return `${parts.join(', ')}.`;
}

type FieldsProps = Omit<BulkDialogProps, 'onDone' | 'onClose'> & {
  form: Form;
  wrong: { error: string; at: keyof Form } | null;
  /** Taken by the control that is written first. */
  first: RefObject<HTMLElement | null>;
  onChange: (part: Partial<Form>) => void;
};

function Fields({ action, columns, place, form, wrong, first, onChange }: FieldsProps) {
  const errorAt = (at: keyof Form) => (wrong?.at === at ? wrong.error : undefined);
  if (action === 'void') {
    return (
      <>
        <p className="text-ink-2">
          A void challan keeps its number and is not changed any more; undo takes the void back.
        </p>
        <TextField
          ref={first as RefObject<HTMLInputElement | null>}
          label="Reason"
          value={form.reason}
          error={errorAt('reason')}
          onText={(reason) => onChange({ reason })}
        />
      </>
    );
  }
  if (action === 'link_invoice') {
    return (
      <div className="grid grid-cols-2 gap-3">
        <TextField
          ref={first as RefObject<HTMLInputElement | null>}
          label="Invoice no."
          value={form.invoiceNumber}
          error={errorAt('invoiceNumber')}
          onText={(invoiceNumber) => onChange({ invoiceNumber })}
        />
        <DateField
          label="Invoice date"
          value={form.invoiceDate}
          today={place.today}
          error={errorAt('invoiceDate')}
          onDate={(invoiceDate) => onChange({ invoiceDate })}
        />
      </div>
    );
  }
  if (action === 'update') {
    const kind = columns.find(({ name }) => name === form.field)?.kind;
    return (
      <div className="grid grid-cols-2 gap-3">
        <Field label="Field" error={errorAt('field')}>
          {(shared) => (
            <select
              {...shared}
              ref={first as RefObject<HTMLSelectElement | null>}
              value={form.field}
              onChange={(event) => onChange({ field: event.target.value as FieldName, text: '' })}
            >
              {columns.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        {kind === 'yesno' ? (
          <Field label="Value" error={errorAt('text')}>
            {(shared) => (
              <select
                {...shared}
                value={form.text || 'No'}
                onChange={(event) => onChange({ text: event.target.value })}
              >
                <option>No</option>
                <option>Yes</option>
              </select>
            )}
          </Field>
        ) : (
          <TextField
            label="Value"
            hint={hintOf(kind, form.field)}
            placeholder={kind === 'date' ? 'DD-MM-YYYY' : undefined}
            value={form.text}
            error={errorAt('text')}
            onText={(text) => onChange({ text })}
          />
        )}
      </div>
    );
  }
  return (
    <p className="text-ink-2">
      {action === 'delete'
        ? 'Deleted challans keep their numbers and wait in the trash.'
        : 'They come back as they were.'}
    </p>
  );
}

const HINTS: Partial<Record<string, string>> = {
  date: 'Such as 5/7, 05-07-26 or today.',
  list: 'Names with commas between.',
};

/** How a value is written, and what none does where there may be none. */
const hintOf = (kind: string | undefined, field: FieldName): string =>
  [HINTS[kind ?? 'text'], isNeeded(field) ? '' : 'Empty clears the field.']
    .filter(Boolean)
    .join(' ');
