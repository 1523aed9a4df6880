/** The log of accounts in sentences. */
import type { AuditEntry } from '../api/rights';

/** What happened, after who did it; `{user}` stands for whom it is about. */
const DEEDS: Record<string, string> = {
  'session signed_in': 'signed in',
  'session signed_out': 'signed out',
  'session session_ended': 'ended a session of {user}',
  'sign_in sign_in_failed': 'A sign-in as {user} failed',
  'user created': 'made the account of {user}',
  'user updated': 'changed the account of {user}',
  'user deleted': 'deleted the account of {user}',
  'user restored': 'restored the account of {user}',
  'user password_changed': 'set another password of {user}',
  'user invitation_accepted': 'took the invitation',
  'grant updated': 'changed the rights of {user}',
  'link invited': 'invited {user}',
  'link reset_requested': 'made a link to a new password for {user}',
  'totp totp_enrolled': 'set up two-step sign-in',
  'totp totp_removed': 'turned the two-step sign-in of {user} off',
  'totp recovery_codes_made': 'made new recovery codes',
  'key created': 'made an API key',
  'key updated': 'changed an API key',
  'key deleted': 'revoked an API key',
  'permission_set created': 'made a set of rights',
  'permission_set updated': 'changed a set of rights',
  'permission_set deleted': 'deleted a set of rights',
};

/** Kinds of record that the log may be narrowed to. */
export const ENTITIES = [
  { name: 'sign_in,session', label: 'Sign-ins and sessions' },
  { name: 'user,link', label: 'Accounts and links' },
  { name: 'grant,permission_set', label: 'Rights' },
  { name: 'key', label: 'API keys' },
  { name: 'totp', label: 'Two-step sign-in' },
] as const;

const LABELS: Record<string, string> = {
  is_active: 'may sign in',
  executive_name: 'executive name',
  first_name: 'first name',
  last_name: 'last name',
  expires_at: 'ends',
};

export const fieldLabel = (field: string) => LABELS[field] ?? field.replaceAll('_', ' ');

/** Who did it and what, the name apart so that it can be set in bold. Empty where nobody is known. */
export function sentenceOf(entry: AuditEntry): { who: string; deed: string } {
  const about = entry.user.name || 'somebody unknown';
  // Who forgot a password is nobody yet: the page is open to all.
  if (entry.kind === 'reset_requested' && !entry.by.id && entry.via === 'site') {
    return { who: '', deed: `A new password was asked for ${about}` };
  }
  const own = entry.by.id !== null && entry.by.id === entry.user.id;
  const words = DEEDS[`${entry.entity} ${entry.kind}`];
  const fallback = `${entry.kind} ${entry.entity} of {user}`.replaceAll('_', ' ');
  const told = (words ?? fallback).replace('{user}', own ? 'themselves' : about);
  if (words?.startsWith('A ')) return { who: '', deed: told };
  return { who: entry.by.name || 'The program', deed: told };
}

const words = (value: string) => (value === 'true' ? 'yes' : value === 'false' ? 'no' : value);

/** What changed, less what a new record was left without. */
export const changesOf = ({ kind, changes }: AuditEntry) =>
  changes
    .filter((change) => kind !== 'created' || change.new !== '')
    .map((change) => ({ ...change, old: words(change.old), new: words(change.new) }));
