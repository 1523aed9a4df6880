import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import {
  beginSecondStep,
  fetchSecondStep,
  removeSecondStep,
  renewRecoveryCodes,
  type SecondStep,
} from '../api/mine';
import { formatDate } from '../lib/dates';
import { plural } from '../lib/text';
import { placeOf, useMe } from '../shell/session';
import { Failure } from '../ui/Field';
import { Section } from '../ui/Section';
import { ShownOnce } from '../ui/ShownOnce';
import { toast } from '../ui/toasts';
import { ConfirmApp } from './ConfirmApp';
import { ProveForm } from './ProveForm';

type Doing = 'set up' | 'renew' | 'remove' | null;

/** Codes of an authenticator app as the second step of my sign-ins. */
export function TwoStep() {
  const queries = useQueryClient();
  const [doing, setDoing] = useState<Doing>(null);
  const [app, setApp] = useState<{ secret: string; url: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const state = useQuery({
    queryKey: ['second-step'],
    queryFn: ({ signal }) => fetchSecondStep(signal),
  });
  const finish = () => {
    setDoing(null);
    setApp(null);
    void queries.invalidateQueries({ queryKey: ['second-step'] });
  };
  const prove = async (password: string) => {
    if (doing === 'set up') {
      const { secret, otpauth_url: url } = await beginSecondStep(password);
      setApp({ secret, url });
    } else if (doing === 'renew') {
      setCodes((await renewRecoveryCodes(password)).recovery_codes);
      finish();
    } else {
      await removeSecondStep(password);
      toast('The second step is off');
      finish();
    }
  };
  let body: ReactNode = null;
  if (codes) {
    body = (
      <ShownOnce
        title="Your recovery codes"
        lines={codes}
        onDone={() => setCodes(null)}
        done="I have kept them"
      >
        Each lets you in once when your phone is lost. They are not shown again.
      </ShownOnce>
    );
  } else if (app) {
    body = (
      <ConfirmApp
        {...app}
        onCancel={finish}
        onConfirmed={(fresh) => {
          setCodes(fresh);
          finish();
          toast('The second step is on');
        }}
      />
    );
  } else if (doing)
    body = <ProveForm doing={doing} onProve={prove} onCancel={() => setDoing(null)} />;
  else if (state.data) body = <Standing state={state.data} onDo={setDoing} />;
  return (
    <Section
      title="Two-step sign-in"
      about="A code from an app on your phone, asked for besides the password."
    >
      <Failure>{state.error?.message}</Failure>
      {state.isPending && <i className="skeleton" />}
      {body}
    </Section>
  );
}

function Standing({ state, onDo }: { state: SecondStep; onDo: (doing: Doing) => void }) {
  const { timeZone } = placeOf(useMe());
  if (!state.enrolled) {
    return (
      <div className="flex items-center gap-3">
        <span className="pill">Off</span>
        <span className="flex-1" />
        <button type="button" className="btn primary" onClick={() => onDo('set up')}>
          Set up
        </button>
      </div>
    );
  }
  return (
    <div className="grid gap-3">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="pill" data-stage="submitted">
          On
        </span>
        <span className="text-ink-2">
          since {formatDate(state.enrolled_at, timeZone)} ·{' '}
          {plural(state.recovery_codes_left, 'recovery code')} left
        </span>
      </p>
      <div className="flex flex-wrap gap-2">
        <button type="button" className="btn" onClick={() => onDo('renew')}>
          New recovery codes
        </button>
        {state.required ? (
          <span className="text-ink-2 self-center">Your role needs it, so it stays on.</span>
        ) : (
          <button type="button" className="btn ghost danger" onClick={() => onDo('remove')}>
            Turn off
          </button>
        )}
      </div>
    </div>
  );
}
