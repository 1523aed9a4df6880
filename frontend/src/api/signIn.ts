/** Signing in, with the second step where the account has one. */
import { request } from './http';

export interface Credentials {
  username: string;
  password: string;
  /** Six digits of the authenticator app, where they are asked for. */
  totp?: string;
  recovery_code?: string;
}

export interface SignInAnswer {
  success: boolean;
  /** What is still missing: a code, or the first code of the secret beside it. */
  next?: 'totp' | 'enrol_totp' | null;
  secret?: string | null;
  otpauth_url?: string | null;
  /** After a first code: shown this once. */
  recovery_codes?: string[] | null;
}

export const signInWith = (credentials: Credentials) =>
  request<SignInAnswer>('POST', '/api/session-login/', { body: credentials, session: false });
