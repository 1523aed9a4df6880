import { type FormEvent, useState } from 'react';
import { ProblemError } from '../api/http';
import { type Credentials, signInWith } from '../api/signIn';
import { ShownOnce } from '../ui/ShownOnce';
import { type Missing, SecondStepForm } from './SecondStepForm';

/** What to say about a sign-in that failed; nothing that tells whether the account exists. */
export function sentenceFor(error: unknown): string {
  if (!(error instanceof ProblemError)) return (error as Error).message;
  if (error.code === 'wrong_code') return 'This code is not right, or was used before.';
  if (error.status === 401 || error.status === 400) {
    return 'This e-mail or user name and password do not match an account.';
  }
  if (error.status === 429) return `Too many attempts. ${error.message}`;
  return error.message;
}

/** Signing in: name and password, and where the account asks for it a code. */
export function SignInForm({ onDone }: { onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [given, setGiven] = useState<Credentials | null>(null);
  const [missing, setMissing] = useState<Missing | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);

  const send = async (credentials: Credentials) => {
    setBusy(true);
    setError(null);
    try {
      const answer = await signInWith(credentials);
      if (answer.success && answer.recovery_codes?.length) setCodes(answer.recovery_codes);
      else if (answer.success) return onDone();
      else {
        setGiven(credentials);
        const kind = answer.next === 'enrol_totp' ? 'enrol_totp' : 'totp';
        setMissing({ kind, secret: answer.secret, url: answer.otpauth_url });
      }
    } catch (failure) {
      setError(sentenceFor(failure));
    }
    setBusy(false);
  };

  if (codes) {
    return (
      <ShownOnce title="Your recovery codes" lines={codes} onDone={onDone} done="I have kept them">
        Each lets you in once when your phone is lost. They are not shown again.
      </ShownOnce>
    );
  }
  if (missing && given) {
    return (
      <SecondStepForm
        missing={missing}
        busy={busy}
        error={error}
        onCode={(code) => void send({ ...given, ...code })}
        onBack={() => {
          setMissing(null);
          setError(null);
        }}
      />
    );
  }
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const username = String(form.get('username')).trim();
    void send({ username, password: String(form.get('password')) });
  };
  return (
    <form className="grid gap-4" onSubmit={onSubmit}>
      <label className="grid gap-1 font-medium">
        E-mail or user name
        <input
          className="input font-normal"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={given?.username}
          required
          // biome-ignore lint/a11y/noAutofocus: signing in is all this form is for
          autoFocus
        />
      </label>
      <label className="grid gap-1 font-medium">
        Password
        <input
          className="input font-normal"
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
      </label>
      {error && (
        <p role="alert" className="text-danger">
          {error}
        </p>
      )}
      <button type="submit" className="btn primary h-9 max-md:h-11" disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}
