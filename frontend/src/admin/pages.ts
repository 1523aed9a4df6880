import type { Me } from '../api/types';

const PAGES = [
  {
    to: '/start/admin/users',
    label: 'Users',
    // The service lets admins manage users, whatever they were granted.
    isFor: (me: Me) => me.role !== 'user',
  },
] as const;

/** The pages of the admin console that a person may open. */
export const adminPages = (me: Me) => PAGES.filter(({ isFor }) => isFor(me));
