import { useState } from 'react';
import { createUser, type Role, type User } from '../api/people';
import { useSubmit } from '../lib/useSubmit';
import { useMe } from '../shell/session';
import { DrawerForm } from '../ui/DrawerForm';
import { TextField } from '../ui/Field';
import { PASSWORD_HINT, PasswordField } from '../ui/PasswordField';
import { toast } from '../ui/toasts';
import { nameOf } from './people';
import { RoleField } from './UserForm';

const SHOWN = [
  'email',
  'username',
  'first_name',
  'last_name',
  'executive_name',
  'role',
  'password',
] as const;
const EMPTY = { email: '', username: '', first_name: '', last_name: '', executive_name: '' };

/** A user just made, with the invitation where there is no password yet. */
export type Made = User & { invitation_url?: string };

interface NewUserFormProps {
  onMade: (made: Made) => void;
  onClose: () => void;
}

/** A new account. What the person may do is chosen next, under Rights. */
export function NewUserForm({ onMade, onClose }: NewUserFormProps) {
  const { org } = useMe();
  const [fields, setFields] = useState(EMPTY);
  const [role, setRole] = useState<Role>('user');
  const [invites, setInvites] = useState(true);
  const [password, setPassword] = useState('');
  const { busy, errors, failure, submit, mend, setErrors } = useSubmit(SHOWN);
  const field = (name: keyof typeof EMPTY) => ({
    value: fields[name],
    error: errors[name],
    autoComplete: 'off',
    onText: (text: string) => {
      setFields((before) => ({ ...before, [name]: text }));
      mend(name);
    },
  });
  const send = () => {
    const needed = {
      ...(fields.email.trim() === '' && { email: 'This is needed.' }),
      ...(!invites && password === '' && { password: 'This is needed.' }),
    };
    if (Object.keys(needed).length > 0) {
      setErrors(needed);
      return;
    }
    void submit(async () => {
      const { username, executive_name, ...rest } = fields;
      const made = await createUser({
        ...rest,
        ...(username.trim() && { username }),
        executive_name: executive_name.trim() || null,
        role,
        ...(!invites && { password }),
      });
      toast(invites ? `${nameOf(made)} is invited` : `${nameOf(made)} may sign in`);
      onMade(made);
    });
  };
  return (
    <DrawerForm
      failure={failure}
      onSubmit={send}
      actions={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="btn primary" disabled={busy}>
            {busy ? 'Creating…' : 'Create user'}
          </button>
        </>
      }
    >
      <TextField
        label="E-mail"
        type="email"
        inputMode="email"
        hint={`An address of ${org.allowed_domains.join(' or ')}`}
        spellCheck={false}
        {...field('email')}
      />
      <div className="grid grid-cols-2 gap-3">
        <TextField label="First name" {...field('first_name')} />
        <TextField label="Last name" {...field('last_name')} />
      </div>
      <TextField
        label="User name (optional)"
        hint="Another name to sign in with"
        spellCheck={false}
        {...field('username')}
      />
      <TextField
        label="Executive name (optional)"
        hint="The name in a challan’s executives that makes it their own delivery"
        {...field('executive_name')}
      />
      <RoleField role={role} error={errors.role} onRole={setRole} />
      <fieldset className="grid gap-1 min-w-0">
        <legend className="font-medium text-ink-2 mb-1">First password</legend>
        <label className="check">
          <input type="radio" name="first" checked={invites} onChange={() => setInvites(true)} />
          <span>They choose it, by an invitation link</span>
        </label>
        <label className="check">
          <input type="radio" name="first" checked={!invites} onChange={() => setInvites(false)} />
          <span>I set it and tell them</span>
        </label>
      </fieldset>
      {!invites && (
        <PasswordField
          label="Password"
          hint={PASSWORD_HINT}
          autoComplete="new-password"
          value={password}
          error={errors.password}
          onText={(text) => {
            setPassword(text);
            mend('password');
          }}
        />
      )}
    </DrawerForm>
  );
}
