import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { Field } from './Field';

interface PasswordFieldProps {
  label: string;
  hint?: string;
  error?: string;
  value: string;
  autoComplete: 'current-password' | 'new-password';
  autoFocus?: boolean;
  onText: (text: string) => void;
}

/** What a new password has to be, in words. */
export const PASSWORD_HINT = 'At least 8 characters; a few words in a row are easiest to keep.';

/** A password, which may be looked at while it is typed. */
export function PasswordField({ label, hint, error, value, onText, ...input }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field label={label} hint={hint} error={error}>
      {(shared) => (
        <span className="relative block">
          <input
            {...input}
            {...shared}
            className="input pr-10"
            type={shown ? 'text' : 'password'}
            spellCheck={false}
            autoCapitalize="none"
            value={value}
            onChange={(event) => onText(event.target.value)}
          />
          <button
            type="button"
            className="absolute right-1 top-1/2 -translate-y-1/2 grid place-items-center size-6 max-md:size-9 rounded hover:bg-sunken text-ink-2"
            aria-label={shown ? 'Hide what was typed' : 'Show what is typed'}
            onClick={() => setShown(!shown)}
          >
            <Icon size={15} aria-hidden />
          </button>
        </span>
      )}
    </Field>
  );
}
