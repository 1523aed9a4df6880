/** One's own account. */
import { request } from './http';
import type { Me } from './types';

const ME = '/api/users/me/';

export interface Session {
  id: string;
  /** Whether it is the one that asks. */
  current: boolean;
  address: string;
  /** What the browser called itself. */
  agent: string;
  created_at: string;
  last_seen_at: string;
}

export interface SecondStep {
  enrolled: boolean;
  /** Whether the role needs it, so that it cannot be taken away. */
  required: boolean;
  enrolled_at: string | null;
  recovery_codes_left: number;
}

export const renameMe = (names: { first_name: string; last_name: string }) =>
  request<Me>('PATCH', ME, { body: names });

/** Sets another password; every other session of mine ends. */
export const changePassword = (old: string, fresh: string) =>
  request<void>('POST', `${ME}password/`, { body: { old, new: fresh } });

export const fetchMySessions = (signal?: AbortSignal) =>
  request<{ results: Session[] }>('GET', `${ME}sessions/`, { signal });

export const endMySession = (id: string) => request<void>('DELETE', `${ME}sessions/${id}/`);

export const fetchSecondStep = (signal?: AbortSignal) =>
  request<SecondStep>('GET', `${ME}totp/`, { signal });

/** Begins a set-up; it counts once a first code is confirmed. */
export const beginSecondStep = (password: string) =>
  request<{ secret: string; otpauth_url: string }>('POST', `${ME}totp/`, { body: { password } });

export const confirmSecondStep = (totp: string) =>
  request<{ recovery_codes: string[] }>('POST', `${ME}totp/confirm/`, { body: { totp } });

export const removeSecondStep = (password: string) =>
  request<void>('DELETE', `${ME}totp/`, { body: { password } });

/** New recovery codes; those left are worth nothing any more. */
export const renewRecoveryCodes = (password: string) =>
  request<{ recovery_codes: string[] }>('POST', `${ME}totp/recovery-codes/`, {
    body: { password },
  });
