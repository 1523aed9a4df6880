import { type FormEvent, useState } from 'react';
import { AppSecret } from '../ui/AppSecret';
import { CodeField } from '../ui/CodeField';
import { TextField } from '../ui/Field';

export interface Missing {
  kind: 'totp' | 'enrol_totp';
  secret?: string | null;
  url?: string | null;
}

interface SecondStepFormProps {
  missing: Missing;
  busy: boolean;
  error: string | null;
  onCode: (code: { totp: string } | { recovery_code: string }) => void;
  onBack: () => void;
}

/** The second step of a sign-in: a code, a recovery code, or setting up the app at first. */
export function SecondStepForm({ missing, busy, error, onCode, onBack }: SecondStepFormProps) {
  const [recovery, setRecovery] = useState(false);
  const [text, setText] = useState('');
  const enrols = missing.kind === 'enrol_totp';
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (text) onCode(recovery ? { recovery_code: text.trim() } : { totp: text });
  };
  return (
    <form className="grid gap-4" onSubmit={onSubmit}>
      {enrols && missing.secret && missing.url ? (
        <>
          <p className="font-medium text-center">Your role signs in with a second step.</p>
          <AppSecret secret={missing.secret} url={missing.url} />
        </>
      ) : (
        <p className="text-ink-2">
          {recovery
            ? 'Type one of the recovery codes that you kept. It works once.'
            : 'Open your authenticator app and type the code it shows for DC Tracker.'}
        </p>
      )}
      {recovery ? (
        <TextField
          key="recovery"
          label="Recovery code"
          value={text}
          error={error ?? undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          onText={setText}
        />
      ) : (
        <CodeField key="code" value={text} error={error ?? undefined} autoFocus onText={setText} />
      )}
      <button type="submit" className="btn primary h-9 max-md:h-11" disabled={busy || !text}>
        {busy ? 'Signing in…' : enrols ? 'Confirm and sign in' : 'Sign in'}
      </button>
      <div className="flex justify-between gap-2">
        <button type="button" className="btn ghost -ml-2.5" onClick={onBack}>
          Back
        </button>
        {!enrols && (
          <button
            type="button"
            className="btn ghost -mr-2.5"
            onClick={() => {
              setRecovery(!recovery);
              setText('');
            }}
          >
            {recovery ? 'Use the app' : 'Use a recovery code'}
          </button>
        )}
      </div>
    </form>
  );
}
