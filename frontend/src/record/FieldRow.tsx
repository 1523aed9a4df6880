import type { FieldConflict } from '../api/types';
import { conflictSentence } from '../grid/CellNote';
import type { Column, Place } from '../grid/columns';
import { parseDateEntry } from '../lib/dates';
import { usePhone } from '../lib/media';
import type { FormField } from './fields';

interface FieldRowProps {
  field: FormField;
  value: string;
  place: Place;
  disabled: boolean;
  error: string | undefined;
  conflict: FieldConflict | undefined;
  onChange: (text: string) => void;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** A field of the form with its label, hint, error or conflict. */
export function FieldRow(props: FieldRowProps) {
  const { field, error, conflict, place } = props;
  const id = `field-${field.name}`;
  return (
    <div className={`grid content-start gap-1 min-w-0 ${field.wide ? 'col-span-2' : ''}`}>
      <label htmlFor={id} className="font-medium text-ink-2">
        {field.label}
        {field.required && <span aria-hidden> *</span>}
      </label>
      <FieldInput {...props} id={id} describedBy={error || field.hint ? `${id}-note` : undefined} />
      {(error || field.hint) && (
        <p id={`${id}-note`} className={`text-xs ${error ? 'text-danger' : 'text-ink-2'}`}>
          {error ?? field.hint}
        </p>
      )}
      {conflict && (
        <div
          className="rounded-md bg-[var(--hit)] p-2 grid gap-2"
          role="group"
          aria-label="Conflict"
        >
          <span>{conflictSentence(conflict, { kind: field.kind } as Column, place)}</span>
          <span className="flex gap-2">
            <button type="button" className="btn" onClick={props.onKeepMine}>
              Keep mine
            </button>
            <button type="button" className="btn" onClick={props.onTakeTheirs}>
              Take theirs
            </button>
          </span>
        </div>
      )}
    </div>
  );
}

type InputProps = FieldRowProps & { id: string; describedBy: string | undefined };

function FieldInput({
  id,
  describedBy,
  field,
  value,
  place,
  disabled,
  error,
  onChange,
}: InputProps) {
  const phone = usePhone();
  const shared = {
    id,
    disabled,
    'aria-invalid': error !== undefined,
    'aria-describedby': describedBy,
    className: 'input',
  };
  if (field.kind === 'yesno') {
    return (
      <select {...shared} value={value || 'No'} onChange={(event) => onChange(event.target.value)}>
        <option>No</option>
        <option>Yes</option>
      </select>
    );
  }
  if (field.long) {
    return (
      <textarea
        {...shared}
        rows={3}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  if (field.kind === 'date' && phone) {
    return (
      <input
        {...shared}
        type="date"
        value={parseDateEntry(value, place.today) ?? ''}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <input
      {...shared}
      value={value}
      autoComplete="off"
      placeholder={field.kind === 'date' ? 'DD-MM-YYYY' : undefined}
      inputMode={field.kind === 'amount' ? 'decimal' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
