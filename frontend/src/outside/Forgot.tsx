import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { forgotPassword } from '../api/links';
import { useSubmit } from '../lib/useSubmit';
import { Failure, TextField } from '../ui/Field';
import { LINK, Outside } from './Outside';

/** Asking for a link to a new password. What it says is the same for every name. */
export function Forgot() {
  const [name, setName] = useState('');
  const [sent, setSent] = useState(false);
  const { busy, errors, failure, submit } = useSubmit(['email']);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(async () => {
      await forgotPassword(name.trim());
      setSent(true);
    });
  };
  const back = (
    <Link to="/login" className={LINK}>
      Back to sign in
    </Link>
  );
  if (sent) {
    return (
      <Outside title="Look at your mail" foot={back}>
        <div role="status" className="grid gap-3">
          <p>
            If <b className="font-medium wrap-anywhere">{name}</b> has an account here, a link to a
            new password is on its way to it.
          </p>
          <p className="text-ink-2">
            Nothing came? Ask an admin of your company: they can make a link and give it to you.
          </p>
        </div>
      </Outside>
    );
  }
  return (
    <Outside title="A new password" about="A link to set it comes by mail" foot={back}>
      <form className="grid gap-4" onSubmit={onSubmit}>
        <TextField
          label="E-mail or user name"
          value={name}
          error={errors.email}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          onText={setName}
        />
        <Failure>{failure}</Failure>
        <button
          type="submit"
          className="btn primary h-9 max-md:h-11"
          disabled={busy || name.trim() === ''}
        >
          {busy ? 'Sending…' : 'Send the link'}
        </button>
      </form>
    </Outside>
  );
}
