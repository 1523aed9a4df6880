import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useRouter } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ProblemError } from '../api/http';
import { acceptInvitation, fetchInvitation, type Invitation as Invited } from '../api/links';
import { signInWith } from '../api/signIn';
import { useSubmit } from '../lib/useSubmit';
import { Failure, TextField } from '../ui/Field';
import { PASSWORD_HINT, PasswordField } from '../ui/PasswordField';
import { toast } from '../ui/toasts';
import { Outside } from './Outside';
import { LinkOver } from './Reset';

/** Taking an invitation: who one is, and a first password. The token stands behind the `#`. */
export function Invitation() {
  const token = useLocation().hash;
  const invited = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => fetchInvitation(token, signal),
    enabled: token !== '',
    retry: false,
    // Using it up must not turn the page into "does not hold" meanwhile.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const refused = invited.error instanceof ProblemError && invited.error.status < 500;
  if (token === '' || refused) return <LinkOver what="invitation" />;
  if (invited.error) {
    return (
      <Outside title="The invitation could not be read">
        <div className="grid gap-4">
          <p role="alert">{invited.error.message}</p>
          <button type="button" className="btn" onClick={() => void invited.refetch()}>
            Try again
          </button>
        </div>
      </Outside>
    );
  }
  if (!invited.data) {
    return (
      <Outside title="Welcome to DC Tracker">
        <div className="grid gap-4" role="status" aria-label="Loading the invitation">
          <i className="skeleton" />
          <i className="skeleton" />
        </div>
      </Outside>
    );
  }
  return <Acceptance token={token} invited={invited.data} />;
}

const SHOWN = ['first_name', 'last_name', 'password'] as const;

function Acceptance({ token, invited }: { token: string; invited: Invited }) {
  const navigate = useNavigate();
  const router = useRouter();
  const [names, setNames] = useState({
    first_name: invited.first_name,
    last_name: invited.last_name,
  });
  const [password, setPassword] = useState('');
  const { busy, errors, failure, submit, mend } = useSubmit(SHOWN);
  const field = (name: keyof typeof names) => ({
    value: names[name],
    error: errors[name],
    onText: (text: string) => {
      setNames({ ...names, [name]: text });
      mend(name);
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(async () => {
      await acceptInvitation(token, { password, ...names });
      const answer = await signInWith({ username: invited.email, password }).catch(() => null);
      if (answer?.success) return router.history.push('/start/dashboard');
      toast('Password set. Sign in with it.');
      await navigate({ to: '/login', search: {} });
    });
  };
  return (
    <Outside
      title="Welcome to DC Tracker"
      about={
        <>
          Your account at {invited.organisation} is{' '}
          <b className="font-medium text-ink wrap-anywhere">{invited.email}</b>
        </>
      }
    >
      <form className="grid gap-4" onSubmit={onSubmit}>
        {/* For password keepers: whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={invited.email} />
        <div className="grid grid-cols-2 gap-3">
          <TextField label="First name" autoComplete="given-name" {...field('first_name')} />
          <TextField label="Last name" autoComplete="family-name" {...field('last_name')} />
        </div>
        <PasswordField
          label="Choose a password"
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
          {busy ? 'One moment…' : 'Set password and go on'}
        </button>
      </form>
    </Outside>
  );
}
