/** Signing in, with the second step where the account has one. */
import type { Credentials, SignInAnswer } from '../client/accounts';
import { request } from './http';

export type { Credentials, SignInAnswer };

export const signInWith = (credentials: Credentials) =>
  request<SignInAnswer>('POST', '/api/session-login/', { body: credentials, session: false });
