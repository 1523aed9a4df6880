import { type ReactNode, useId } from 'react';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string;
  /** Draws the control with the id and the attributes that tie it to its label and note. */
  children: (shared: ControlProps) => ReactNode;
  className?: string;
}

export interface ControlProps {
  id: string;
  className: string;
  'aria-invalid': boolean;
  'aria-describedby': string | undefined;
}

/** A control with its label, and below it what is wrong with it or what to know. */
export function Field({ label, hint, error, children, className = '' }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={`grid content-start gap-1 min-w-0 ${className}`}>
      <label htmlFor={id} className="font-medium text-ink-2">
        {label}
      </label>
      {children({
        id,
        className: 'input',
        'aria-invalid': error !== undefined,
        'aria-describedby': note ? `${id}-note` : undefined,
      })}
      {note && (
        <p id={`${id}-note`} className={`text-xs ${error ? 'text-danger' : 'text-ink-2'}`}>
          {note}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Omit<FieldProps, 'children'> &
  Omit<React.ComponentProps<'input'>, 'children' | 'onChange' | 'id'> & {
    value: string;
    onText: (text: string) => void;
  };

export function TextField({ label, hint, error, className, onText, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} className={className}>
      {(shared) => (
        <input {...input} {...shared} onChange={(event) => onText(event.target.value)} />
      )}
    </Field>
  );
}

/** What was refused of a form as a whole. */
export function Failure({ children }: { children: string | null | undefined }) {
  return (
    children && (
      <p role="alert" className="text-danger">
        {children}
      </p>
    )
  );
}
