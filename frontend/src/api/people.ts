/** Users and what they may do, for who manages them. */
import type {
  NewUser as ContractNewUser,
  GrantView,
  UserPatch,
  UserView,
} from '../client/accounts';
import { query, request, requestWhole } from './http';
import type { Session } from './mine';

export type Role = 'superadmin' | 'admin' | 'user';

/** Which rows a grant reaches; null means all. */
export type Scope = { customers: string[] } | { own_deliveries: true } | null;

/** A grant as it is read and sent: with every field said. */
export type Grant = Required<Omit<GrantView, 'scope'>> & { scope: Scope };

/** A user, with what the contract writes as text narrowed to what it may be. */
export type User = Omit<UserView, 'role' | 'grants'> & { role: Role; grants: Grant[] };

export type NewUser = Omit<ContractNewUser, 'role'> & { role: Role };

export type UserChanges = Omit<UserPatch, 'role'> & { role?: Role };

export interface Page<T> {
  results: T[];
  /** Path and query of the next page. */
  next?: string | null;
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
  requestWhole<Session>(`${USERS}${id}/sessions/`, signal);

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
