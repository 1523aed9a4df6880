import type { FieldConflict } from '../api/types';
import { NAMES_PAUSE, useNames } from '../finding/names';
import type { Place } from '../grid/columns';
import { parseDateEntry } from '../lib/dates';
import { usePhone } from '../lib/media';
import { useLater } from '../lib/useLater';
import { ConflictNote } from './ConflictNote';
import type { FormField } from './fields';

interface FieldRowProps {
  field: FormField;
  value: string;
  place: Place;
  disabled: boolean;
  /** Whether it is another value than the one stored. */
  unsaved: boolean;
  error: string | undefined;
  conflict: FieldConflict | undefined;
  onChange: (text: string) => void;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** A field of the form with its label, hint, error or conflict. */
export function FieldRow(props: FieldRowProps) {
  const { field, error, conflict, unsaved } = props;
  const id = `field-${field.name}`;
  const described = [unsaved && `${id}-unsaved`, (error || field.hint) && `${id}-note`];
  return (
    <div className={`grid content-start gap-1 min-w-0 ${field.wide ? 'col-span-2' : ''}`}>
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="font-medium text-ink-2">
          {field.label}
          {field.required && <span aria-hidden> *</span>}
        </label>
        {unsaved && (
          <span id={`${id}-unsaved`} className="text-xs text-accent whitespace-nowrap">
            Not saved
          </span>
        )}
      </div>
      <FieldInput {...props} id={id} describedBy={described.filter(Boolean).join(' ')} />
      {(error || field.hint) && (
        <p id={`${id}-note`} className={`text-xs ${error ? 'text-danger' : 'text-ink-2'}`}>
          {error ?? field.hint}
        </p>
      )}
      {conflict && <ConflictNote {...props} conflict={conflict} kind={field.kind} />}
    </div>
  );
}

type InputProps = FieldRowProps & { id: string; describedBy: string };

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
    'aria-describedby': describedBy || undefined,
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
  const names = field.name === 'customer' && !disabled ? `${id}-names` : undefined;
  return (
    <>
      <input
        {...shared}
        list={names}
        value={value}
        autoComplete="off"
        placeholder={field.kind === 'date' ? 'DD-MM-YYYY' : undefined}
        inputMode={field.kind === 'amount' ? 'decimal' : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {names && <CustomerNames id={names} begun={value} />}
    </>
  );
}

/** The customers that the name being typed may be of: any other name makes a new one. */
function CustomerNames({ id, begun }: { id: string; begun: string }) {
  const asked = useLater(begun.trim(), NAMES_PAUSE);
  const names = useNames('customer', asked, asked !== '');
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
