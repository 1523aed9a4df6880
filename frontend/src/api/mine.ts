/** One's own account. */
import type { NewSecret, RecoveryCodes, SessionView, TotpView } from '../client/accounts';
import { request, requestWhole } from './http';
import type { Me } from './types';

const ME = '/api/users/me/';

export type Session = SessionView;
export type SecondStep = TotpView;

export const renameMe = (names: { first_name: string; last_name: string }) =>
  request<Me>('PATCH', ME, { body: names });

/** Sets some of what the site keeps of this person's choices, 32 KiB in all. */
export const saveSettings = (settings: Record<string, unknown>) =>
  request<Me>('PATCH', ME, { body: { settings } });

/** Sets another password; every other session of mine ends. */
export const changePassword = (old: string, fresh: string) =>
  request<void>('POST', `${ME}password/`, { body: { old, new: fresh } });

export const fetchMySessions = (signal?: AbortSignal) =>
  requestWhole<Session>(`${ME}sessions/`, signal);

export const endMySession = (id: string) => request<void>('DELETE', `${ME}sessions/${id}/`);

export const fetchSecondStep = (signal?: AbortSignal) =>
  request<SecondStep>('GET', `${ME}totp/`, { signal });

/** Begins a set-up; it counts once a first code is confirmed. */
export const beginSecondStep = (password: string) =>
  request<NewSecret>('POST', `${ME}totp/`, { body: { password } });

export const confirmSecondStep = (totp: string) =>
  request<RecoveryCodes>('POST', `${ME}totp/confirm/`, { body: { totp } });

export const removeSecondStep = (password: string) =>
  request<void>('DELETE', `${ME}totp/`, { body: { password } });

/** New recovery codes; those left are worth nothing any more. */
export const renewRecoveryCodes = (password: string) =>
  request<RecoveryCodes>('POST', `${ME}totp/recovery-codes/`, {
    body: { password },
  });
