import { type FormEvent, useState } from 'react';
import { confirmSecondStep } from '../api/mine';
import { useSubmit } from '../lib/useSubmit';
import { AppSecret } from '../ui/AppSecret';
import { CodeField } from '../ui/CodeField';
import { Failure } from '../ui/Field';

interface ConfirmAppProps {
  secret: string;
  url: string;
  onConfirmed: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

/** Puts the secret into the app and proves it with a first code. */
export function ConfirmApp({ secret, url, onConfirmed, onCancel }: ConfirmAppProps) {
  const [code, setCode] = useState('');
  const { busy, errors, failure, submit, mend } = useSubmit(['totp']);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(async () => onConfirmed((await confirmSecondStep(code)).recovery_codes));
  };
  return (
    <form className="grid gap-4 max-w-[360px]" onSubmit={onSubmit} noValidate>
      <AppSecret secret={secret} url={url} />
      <CodeField
        value={code}
        error={errors.totp}
        autoFocus
        onText={(text) => {
          setCode(text);
          mend('totp');
        }}
      />
      <Failure>{failure}</Failure>
      <div className="flex gap-2">
        <button type="submit" className="btn primary" disabled={busy || code.length < 6}>
          {busy ? 'One moment…' : 'Confirm'}
        </button>
        <button type="button" className="btn" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
