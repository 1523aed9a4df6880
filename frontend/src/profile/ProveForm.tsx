import { type FormEvent, useState } from 'react';
import { useSubmit } from '../lib/useSubmit';
import { Failure } from '../ui/Field';
import { PasswordField } from '../ui/PasswordField';

const WORDS = {
  'set up': { button: 'Go on', why: '' },
  renew: { button: 'Make new codes', why: 'The codes you kept will be worth nothing any more.' },
  remove: { button: 'Turn off', why: 'Your password alone will let you in.' },
} as const;
const FIELD_OF = { wrong_password: 'password' };

interface ProveFormProps {
  doing: keyof typeof WORDS;
  onProve: (password: string) => Promise<void>;
  onCancel: () => void;
}

/** Asks for the password once more, so that nobody at an open screen changes how one signs in. */
export function ProveForm({ doing, onProve, onCancel }: ProveFormProps) {
  const [password, setPassword] = useState('');
  const { busy, errors, failure, submit, mend } = useSubmit(['password'], FIELD_OF);
  const { button, why } = WORDS[doing];
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(() => onProve(password));
  };
  return (
    <form className="grid gap-4 max-w-[360px]" onSubmit={onSubmit} noValidate>
      {why && <p>{why}</p>}
      <PasswordField
        label="Your password"
        value={password}
        error={errors.password}
        autoComplete="current-password"
        autoFocus
        onText={(text) => {
          setPassword(text);
          mend('password');
        }}
      />
      <Failure>{failure}</Failure>
      <div className="flex gap-2">
        <button type="submit" className="btn primary" disabled={busy || !password}>
          {busy ? 'One moment…' : button}
        </button>
        <button type="button" className="btn" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
