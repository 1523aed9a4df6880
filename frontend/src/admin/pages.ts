import { may } from '../api/accounts';
import type { Me } from '../api/types';

const PAGES = [
  { to: '/start/admin/users', label: 'Users', needs: 'user:manage' },
  { to: '/start/admin/sets', label: 'Sets of rights', needs: 'user:manage' },
  { to: '/start/admin/keys', label: 'API keys', needs: 'key:manage' },
  { to: '/start/admin/audit', label: 'Audit', needs: 'audit:read' },
] as const;

/** Set by admins whatever they were granted. */
const NUMBERS = { to: '/start/admin/numbers', label: 'Numbers' } as const;

/** The pages of the admin console that a person may open. */
export const adminPages = (me: Me) => {
  const pages = PAGES.filter(({ needs }) => may(me, needs));
  return me.role === 'user' ? pages : [...pages, NUMBERS];
};
