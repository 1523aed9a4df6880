import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { renameMe } from '../api/mine';
import { useSubmit } from '../lib/useSubmit';
import { useMe } from '../shell/session';
import { Failure, TextField } from '../ui/Field';
import { Section } from '../ui/Section';
import { toast } from '../ui/toasts';

const SHOWN = ['first_name', 'last_name'] as const;

/** The name under which others see my changes. */
export function Names() {
  const me = useMe();
  const queries = useQueryClient();
  const [names, setNames] = useState<{ first_name: string; last_name: string } | null>(null);
  const { busy, errors, failure, submit, mend } = useSubmit(SHOWN);
  const shown = names ?? { first_name: me.first_name, last_name: me.last_name };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(async () => {
      queries.setQueryData(['me'], await renameMe(shown));
      setNames(null);
      toast('Name saved');
    });
  };
  const field = (name: 'first_name' | 'last_name') => ({
    value: shown[name],
    error: errors[name],
    onText: (text: string) => {
      setNames({ ...shown, [name]: text });
      mend(name);
    },
  });
  return (
    <Section title="Name" about="Others see it beside the changes you make.">
      <form className="grid gap-4" onSubmit={onSubmit} noValidate>
        <div className="grid grid-cols-2 gap-3">
          <TextField label="First name" autoComplete="given-name" {...field('first_name')} />
          <TextField label="Last name" autoComplete="family-name" {...field('last_name')} />
        </div>
        <Failure>{failure}</Failure>
        <button
          type="submit"
          className="btn primary justify-self-start"
          disabled={busy || names === null}
        >
          {busy ? 'Saving…' : 'Save name'}
        </button>
      </form>
    </Section>
  );
}
