import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { changePassword } from '../api/mine';
import { useSubmit } from '../lib/useSubmit';
import { useMe } from '../shell/session';
import { Failure } from '../ui/Field';
import { PASSWORD_HINT, PasswordField } from '../ui/PasswordField';
import { Section } from '../ui/Section';
import { toast } from '../ui/toasts';

const SHOWN = ['old', 'new'] as const;
const FIELD_OF = { wrong_password: 'old' };

/** Another password. */
export function Password() {
  const me = useMe();
  const queries = useQueryClient();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const { busy, errors, failure, submit, mend } = useSubmit(SHOWN, FIELD_OF);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(async () => {
      await changePassword(old, fresh);
      setOld('');
      setFresh('');
      toast('Password changed. Your other sessions were signed out.');
      void queries.invalidateQueries({ queryKey: ['my-sessions'] });
    });
  };
  return (
    <Section title="Password" about="A new one signs you out everywhere else.">
      <form className="grid gap-4" onSubmit={onSubmit} noValidate>
        {/* For password keepers: whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={me.email} />
        <div className="grid md:grid-cols-2 gap-3">
          <PasswordField
            label="Present password"
            value={old}
            error={errors.old}
            autoComplete="current-password"
            onText={(text) => {
              setOld(text);
              mend('old');
            }}
          />
          <PasswordField
            label="New password"
            hint={PASSWORD_HINT}
            value={fresh}
            error={errors.new}
            autoComplete="new-password"
            onText={(text) => {
              setFresh(text);
              mend('new');
            }}
          />
        </div>
        <Failure>{failure}</Failure>
        <button
          type="submit"
          className="btn primary justify-self-start"
          disabled={busy || !old || !fresh}
        >
          {busy ? 'Saving…' : 'Change password'}
        </button>
      </form>
    </Section>
  );
}
