import { request } from './http';
import type { Me } from './types';

export const fetchMe = (signal?: AbortSignal) =>
  request<Me>('GET', '/api/users/me/', { signal, session: false });

export const signOut = () => request<void>('POST', '/api/session-logout/', { session: false });

/** Whether the person may do `permission`, for showing or hiding its control; the server decides. */
export function may(me: Me, permission: string): boolean {
  return me.role === 'superadmin' || me.permissions.some((held) => held.permission === permission);
}

/** Whether the person may do `permission` with every challan, and sees `column` of each. */
export function mayEverywhere(me: Me, permission: string, column: string): boolean {
  const whole = (held: Me['permissions'][number]) =>
    held.permission === permission && !held.scope && !held.hidden_columns?.includes(column);
  return me.role === 'superadmin' || me.permissions.some(whole);
}

export function displayName(me: Me): string {
  return [me.first_name, me.last_name].filter(Boolean).join(' ') || me.username || me.email;
}
