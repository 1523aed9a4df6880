import { type FormEvent, useState } from 'react';
import { signIn } from '../api/accounts';
import { ProblemError } from '../api/http';

/** What to say about a sign-in that failed; nothing that tells whether the account exists. */
function sentenceFor(error: unknown): string {
  if (!(error instanceof ProblemError)) return (error as Error).message;
  if (error.status === 401 || error.status === 400) {
    return 'This e-mail or user name and password do not match an account.';
  }
  if (error.status === 429) return 'Too many attempts. Wait a minute, then try again.';
  return error.message;
}

export function SignInForm({ onDone }: { onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      const username = String(form.get('username')).trim();
      const { success } = await signIn(username, String(form.get('password')));
      if (success) {
        onDone();
        return;
      }
      setError('This account needs a second step that this site does not offer yet.');
      setBusy(false);
    } catch (failure) {
      setError(sentenceFor(failure));
      setBusy(false);
    }
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
