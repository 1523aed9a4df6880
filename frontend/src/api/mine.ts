/** One's own account. */
import { request } from './http';
import type { Me } from './types';

export const renameMe = (names: { first_name: string; last_name: string }) =>
  request<Me>('PATCH', '/api/users/me/', { body: names });
