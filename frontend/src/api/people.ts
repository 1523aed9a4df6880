/** Users and what they may do, for who manages them. */
import { query, request } from './http';
import type { Session } from './mine';

export type Role = 'superadmin' | 'admin' | 'user';

/** Which rows a grant reaches; null means all. */
export type Scope = { customers: string[] } | { own_deliveries: true } | null;

export interface Grant {
  permission: string;
  scope: Scope;
  hidden_columns: string[];
  /** When it ends, RFC 3339; null for never. */
  expires_at: string | null;
}

export interface User {
  id: string;
  email: string;
  username: string;
  first_name: string;
  last_name: string;
  executive_name: string | null;
  role: Role;
  is_active: boolean;
  grants: Grant[];
  last_sign_in_at: string | null;
  created_at: string;
}

export interface NewUser {
  email: string;
  username?: string;
  first_name: string;
  last_name: string;
  executive_name: string | null;
  role: Role;
  /** Without one the answer carries an invitation. */
  password?: string;
}

export type UserChanges = Partial<
  Pick<
    User,
    'email' | 'username' | 'first_name' | 'last_name' | 'executive_name' | 'role' | 'is_active'
  >
> & {
  /** One's own password, to change one's own e-mail. */
  current_password?: string;
};

export interface Page<T> {
  results: T[];
  /** Path and query of the next page. */
  next: string | null;
}

const USERS = '/api/users/';

/** Users by e-mail; `next` of an answer is the `page` of the following one. */
export const fetchUsers = (search: string, page: string | null, signal?: AbortSignal) =>
  request<Page<User>>('GET', page ?? `${USERS}${query({ search, limit: 50 })}`, { signal });

export const fetchUser = (id: string, signal?: AbortSignal) =>
  request<User>('GET', `${USERS}${id}/`, { signal });

export const createUser = (user: NewUser) =>
  request<User & { invitation_url?: string }>('POST', USERS, { body: user });

export const changeUser = (id: string, changes: UserChanges) =>
  request<User>('PATCH', `${USERS}${id}/`, { body: changes });

/** Replaces everything a user was granted. */
export const replaceGrants = (id: string, grants: Grant[]) =>
  request<User>('PUT', `${USERS}${id}/grants/`, { body: { grants } });

export const fetchSessionsOf = (id: string, signal?: AbortSignal) =>
  request<{ results: Session[] }>('GET', `${USERS}${id}/sessions/`, { signal });

/** Signs a user out everywhere. */
export const endSessionsOf = (id: string) => request<void>('DELETE', `${USERS}${id}/sessions/`);

/** A link with which the user sets a new password; shown once. */
export const makeResetLink = (id: string) =>
  request<{ reset_url: string; expires_at: string }>('POST', `${USERS}${id}/reset-link/`);

/** Takes the one-time codes of somebody away who lost phone and recovery codes. */
export const removeSecondStepOf = (id: string) => request<void>('DELETE', `${USERS}${id}/totp/`);

/** Deletes an account; what the person did stays in the histories. */
export const deleteUser = (id: string) => request<void>('DELETE', `${USERS}${id}/`);

export const restoreUser = (id: string) => request<User>('POST', `${USERS}${id}/restore/`);
