/** Links that an admin or a mail hands over: an invitation, or a new password. */
import type { Invitation } from '../client/accounts';
import { request } from './http';

export type { Invitation };

const invitation = (token: string) => `/api/invitations/${encodeURIComponent(token)}/`;

export const fetchInvitation = (token: string, signal?: AbortSignal) =>
  request<Invitation>('GET', invitation(token), { signal, session: false });

export const acceptInvitation = (
  token: string,
  body: { password: string; first_name: string; last_name: string },
) => request<void>('POST', invitation(token), { body, session: false });

/** Asks for a link by mail; the answer is the same whether the account exists or not. */
export const forgotPassword = (email: string) =>
  request<void>('POST', '/api/forgot-password/', { body: { email }, session: false });

export const resetPassword = (token: string, password: string) =>
  request<void>('POST', '/api/reset-password/', { body: { token, password }, session: false });
