import { useState } from 'react';
import { changeUser, type Role, type User, type UserChanges } from '../api/people';
import { formatMoment } from '../lib/dates';
import { useSubmit } from '../lib/useSubmit';
import { placeOf, useMe } from '../shell/session';
import { DrawerForm } from '../ui/DrawerForm';
import { Facts } from '../ui/Facts';
import { Field, TextField } from '../ui/Field';
import { PasswordField } from '../ui/PasswordField';
import { toast } from '../ui/toasts';
import { nameOf, ROLE_HINTS, ROLE_LABELS } from './people';

const SHOWN = [
  'email',
  'username',
  'first_name',
  'last_name',
  'executive_name',
  'role',
  'current_password',
] as const;
const FIELD_OF = { wrong_password: 'current_password' };

interface UserFormProps {
  user: User;
  mayChange: boolean;
  onSaved: (saved: User) => void;
  onClose: () => void;
}

/** Who a user is, and whether they may sign in. */
export function UserForm({ user, mayChange, onSaved, onClose }: UserFormProps) {
  const me = useMe();
  const place = placeOf(me);
  const [changes, setChanges] = useState<UserChanges>({});
  const { busy, errors, failure, submit, mend } = useSubmit(SHOWN, FIELD_OF);
  const isMe = user.id === me.id;
  const set = (change: UserChanges) => {
    setChanges((before) => ({ ...before, ...change }));
    for (const name of Object.keys(change)) mend(name);
  };
  const send = (sent: UserChanges, done: string) =>
    submit(async () => {
      onSaved(await changeUser(user.id, sent));
      setChanges({});
      toast(done);
    });
  const touched = Object.keys(changes).length > 0;
  const moment = (at: string) => formatMoment(at, place.timeZone, place.today);
  const text = (name: 'email' | 'first_name' | 'last_name' | 'executive_name') =>
    changes[name] ?? user[name] ?? '';
  const role = changes.role ?? user.role;
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => void (touched && send(changes, 'Saved'))}
      actions={
        <>
          {mayChange && !isMe && (
            <button
              type="button"
              className={`btn ghost ${user.is_active ? 'danger' : ''}`}
              disabled={busy}
              onClick={() =>
                void send(
                  { is_active: !user.is_active },
                  user.is_active
                    ? `${nameOf(user)} is signed out and kept out`
                    : `${nameOf(user)} may sign in again`,
                )
              }
            >
              {user.is_active ? 'Disable' : 'Enable'}
            </button>
          )}
          <span className="flex-1" />
          <button type="button" className="btn" onClick={touched ? () => setChanges({}) : onClose}>
            {touched ? 'Discard' : 'Close'}
          </button>
          <button type="submit" className="btn primary" disabled={busy || !touched}>
            {busy ? 'Saving…' : 'Save'}
          </button>
        </>
      }
    >
      {!mayChange && <p className="text-ink-2">Only a superadmin may change a superadmin.</p>}
      <Facts
        facts={[
          ['Last sign-in', user.last_sign_in_at ? moment(user.last_sign_in_at) : 'Never'],
          ['Account made', moment(user.created_at)],
        ]}
      />
      <TextField
        label="E-mail"
        type="email"
        hint={`An address of ${me.org.allowed_domains.join(' or ')}; another one ends their sessions`}
        value={text('email')}
        error={errors.email}
        disabled={!mayChange}
        autoComplete="off"
        spellCheck={false}
        onText={(email) => set({ email })}
      />
      {isMe && changes.email !== undefined && (
        <PasswordField
          label="Your password"
          hint="Needed to change your own e-mail"
          value={changes.current_password ?? ''}
          error={errors.current_password}
          autoComplete="current-password"
          onText={(current_password) => set({ current_password })}
        />
      )}
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label="First name"
          value={text('first_name')}
          error={errors.first_name}
          disabled={!mayChange}
          autoComplete="off"
          onText={(first_name) => set({ first_name })}
        />
        <TextField
          label="Last name"
          value={text('last_name')}
          error={errors.last_name}
          disabled={!mayChange}
          autoComplete="off"
          onText={(last_name) => set({ last_name })}
        />
      </div>
      <TextField
        label="User name"
        hint="Another name to sign in with; empty for the e-mail"
        value={changes.username ?? (user.username === user.email ? '' : user.username)}
        error={errors.username}
        disabled={!mayChange}
        autoComplete="off"
        spellCheck={false}
        onText={(username) => set({ username })}
      />
      <TextField
        label="Executive name"
        hint="The name in a challan’s executives that makes it their own delivery"
        value={text('executive_name')}
        error={errors.executive_name}
        disabled={!mayChange}
        autoComplete="off"
        onText={(executive_name) => set({ executive_name })}
      />
      <RoleField
        role={role}
        error={errors.role}
        disabled={!mayChange || isMe}
        onRole={(chosen) => set({ role: chosen })}
        hint={isMe ? 'Another admin has to change your own role.' : undefined}
      />
    </DrawerForm>
  );
}

interface RoleFieldProps {
  role: Role;
  error: string | undefined;
  disabled?: boolean;
  hint?: string;
  onRole: (role: Role) => void;
}

/** The roles that one may give; a superadmin is made by a superadmin only. */
export function RoleField({ role, error, disabled, hint, onRole }: RoleFieldProps) {
  const me = useMe();
  const given = (['user', 'admin', 'superadmin'] as const).filter(
    (one) => one !== 'superadmin' || me.role === 'superadmin' || role === one,
  );
  return (
    <Field label="Role" error={error} hint={hint ?? ROLE_HINTS[role]}>
      {(shared) => (
        <select
          {...shared}
          disabled={disabled}
          value={role}
          onChange={(event) => onRole(event.target.value as Role)}
        >
          {given.map((one) => (
            <option key={one} value={one}>
              {ROLE_LABELS[one]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
