import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { may } from '../api/accounts';
import { ProblemError } from '../api/http';
import {
  deleteUser,
  endSessionsOf,
  fetchSessionsOf,
  makeResetLink,
  removeSecondStepOf,
  restoreUser,
  type User,
} from '../api/people';
import { formatMoment } from '../lib/dates';
import { useSubmit } from '../lib/useSubmit';
import { LINK } from '../outside/Outside';
import { placeOf, useMe } from '../shell/session';
import { Failure } from '../ui/Field';
import { SessionList } from '../ui/SessionList';
import { ShownOnce } from '../ui/ShownOnce';
import { toast } from '../ui/toasts';
import { nameOf } from './people';

interface AccessTabProps {
  user: User;
  mayChange: boolean;
  /** Called when the account was deleted. */
  onGone: () => void;
}

/** How a user gets in: their sessions, a link to a new password, their one-time codes. */
export function AccessTab({ user, mayChange, onGone }: AccessTabProps) {
  const queries = useQueryClient();
  const me = useMe();
  const { timeZone, today } = placeOf(me);
  const [link, setLink] = useState<{ reset_url: string; expires_at: string } | null>(null);
  const { busy, failure, submit } = useSubmit();
  const sessions = useQuery({
    queryKey: ['sessions', user.id],
    queryFn: ({ signal }) => fetchSessionsOf(user.id, signal),
  });
  const restore = async () => {
    try {
      await restoreUser(user.id);
      toast(`The account of ${nameOf(user)} is back`);
    } catch (error) {
      toast(error instanceof Error ? error.message : 'It could not be restored.');
    }
    void queries.invalidateQueries({ queryKey: ['users'] });
  };
  const remove = () =>
    submit(async () => {
      await deleteUser(user.id);
      toast(`The account of ${nameOf(user)} is deleted`, {
        label: 'Undo',
        run: () => void restore(),
      });
      onGone();
    });
  const found = sessions.data?.results;
  const signOut = () =>
    submit(async () => {
      await endSessionsOf(user.id);
      toast(`${nameOf(user)} is signed out everywhere`);
      await queries.invalidateQueries({ queryKey: ['sessions', user.id] });
    });
  const removeCodes = () =>
    submit(async () => {
      try {
        await removeSecondStepOf(user.id);
        toast(`${nameOf(user)} signs in without codes now`);
      } catch (error) {
        if (!(error instanceof ProblemError && error.status === 404)) throw error;
        toast(`${nameOf(user)} has no two-step sign-in`);
      }
    });
  return (
    <div className="flex-1 min-h-0 overflow-auto p-4 grid content-start gap-6">
      <Failure>{failure ?? sessions.error?.message}</Failure>
      <section aria-labelledby="user-sessions" className="grid gap-1">
        <h3 id="user-sessions" className="font-semibold">
          Sessions
        </h3>
        {may(me, 'audit:read') && (
          <p>
            <Link to="/start/admin/audit" search={{ user: user.id }} className={LINK}>
              What happened to this account
            </Link>
          </p>
        )}
        {sessions.isPending && <i className="skeleton" />}
        {found?.length === 0 && <p className="text-ink-2">Signed in nowhere.</p>}
        {found && found.length > 0 && (
          <>
            <SessionList sessions={found} />
            {mayChange && (
              <button
                type="button"
                className="btn justify-self-start"
                disabled={busy}
                onClick={() => void signOut()}
              >
                Sign out everywhere
              </button>
            )}
          </>
        )}
      </section>
      {mayChange && (
        <>
          <section aria-labelledby="user-link" className="grid gap-2">
            <h3 id="user-link" className="font-semibold">
              Forgot the password?
            </h3>
            {link ? (
              <ShownOnce
                title="Link to a new password"
                lines={[link.reset_url]}
                onDone={() => setLink(null)}
              >
                Give it to {nameOf(user)} and to nobody else. It works once, until{' '}
                {formatMoment(link.expires_at, timeZone, today)}.
              </ShownOnce>
            ) : (
              <>
                <p className="text-ink-2">
                  A link that you hand over lets them set a new one. What they have now holds until
                  they do.
                </p>
                <button
                  type="button"
                  className="btn justify-self-start"
                  disabled={busy || !user.is_active}
                  onClick={() => void submit(async () => setLink(await makeResetLink(user.id)))}
                >
                  Make a link
                </button>
              </>
            )}
          </section>
          <section aria-labelledby="user-codes" className="grid gap-2">
            <h3 id="user-codes" className="font-semibold">
              Lost the phone?
            </h3>
            <p className="text-ink-2">
              Takes their two-step sign-in away; they can set it up anew with another phone.
            </p>
            <button
              type="button"
              className="btn ghost danger justify-self-start -ml-2.5"
              disabled={busy}
              onClick={() => void removeCodes()}
            >
              Turn two-step sign-in off
            </button>
          </section>
          {user.id !== me.id && (
            <section aria-labelledby="user-gone" className="grid gap-2">
              <h3 id="user-gone" className="font-semibold">
                Left the company?
              </h3>
              <p className="text-ink-2">
                Deletes the account. What they did stays in every history, under their name.
              </p>
              <button
                type="button"
                className="btn ghost danger justify-self-start -ml-2.5"
                disabled={busy}
                onClick={() => void remove()}
              >
                Delete account
              </button>
            </section>
          )}
        </>
      )}
    </div>
  );
}
