import type { Role, User } from '../api/people';

export const ROLE_LABELS: Record<Role, string> = {
  superadmin: 'Superadmin',
  admin: 'Admin',
  user: 'User',
};

export const ROLE_HINTS: Record<Role, string> = {
  superadmin: 'May do everything, always.',
  admin: 'Manages users, rights, API keys and customers, but no superadmin.',
  user: 'May do what you assign under Rights.',
};

export const nameOf = (user: Pick<User, 'first_name' | 'last_name' | 'username' | 'email'>) =>
  [user.first_name, user.last_name].filter(Boolean).join(' ') || user.username || user.email;
