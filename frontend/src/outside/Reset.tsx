import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ProblemError } from '../api/http';
import { resetPassword } from '../api/links';
import { useSubmit } from '../lib/useSubmit';
import { Failure } from '../ui/Field';
import { PASSWORD_HINT, PasswordField } from '../ui/PasswordField';
import { toast } from '../ui/toasts';
import { LINK, Outside } from './Outside';

/** Setting a new password by a link. The token stands behind the `#`, which is sent to no server. */
export function Reset() {
  const token = useLocation().hash;
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const [over, setOver] = useState(token === '');
  const { busy, errors, failure, submit, mend } = useSubmit(['password']);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(async () => {
      try {
        await resetPassword(token, password);
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'link_invalid') return setOver(true);
        throw error;
      }
      toast('Password set. Sign in with it.');
      await navigate({ to: '/login', search: {} });
    });
  };
  if (over) return <LinkOver what="link" />;
  return (
    <Outside title="Set a new password" about="Every open session of yours ends with it">
      <form className="grid gap-4" onSubmit={onSubmit}>
        <PasswordField
          label="New password"
          hint={PASSWORD_HINT}
          value={password}
          error={errors.password}
          autoComplete="new-password"
          autoFocus
          onText={(text) => {
            setPassword(text);
            mend('password');
          }}
        />
        <Failure>{failure}</Failure>
        <button
          type="submit"
          className="btn primary h-9 max-md:h-11"
          disabled={busy || password === ''}
        >
          {busy ? 'Saving…' : 'Set password'}
        </button>
      </form>
    </Outside>
  );
}

/** A link that was used, is over, or was cut off on its way. */
export function LinkOver({ what }: { what: 'link' | 'invitation' }) {
  return (
    <Outside
      title={`This ${what} does not hold`}
      foot={
        <Link to="/login" className={LINK}>
          Go to sign in
        </Link>
      }
    >
      <p>
        It was used already, is too old, or is not whole. Ask an admin of your company for a new one
        {what === 'link' && (
          <>
            , or{' '}
            <Link to="/forgot" className={LINK}>
              have one sent
            </Link>
          </>
        )}
        .
      </p>
    </Outside>
  );
}
