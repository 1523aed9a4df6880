import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import type { AuditSearch } from './admin/Audit';
import type { KeysSearch } from './admin/Keys';
import type { NumbersSearch } from './admin/Numbers';
import type { SetsSearch } from './admin/Sets';
import type { UsersSearch } from './admin/Users';
import { Login } from './outside/Login';
import type { CustomersSearch } from './register/Customers';
import type { ExecutivesSearch } from './register/Executives';
import { Crashed } from './screens/Crashed';
import { NotFound } from './screens/NotFound';
import type { ChallansSearch } from './screens/useAddress';
import { Shell } from './shell/Shell';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => <NotFound as="main" />,
  errorComponent: Crashed,
});
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/start/dashboard' });
  },
});
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: Login,
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({
    next: text(search.next),
  }),
});
const forgot = createRoute({
  getParentRoute: () => root,
  path: '/forgot',
  component: lazyRouteComponent(() => import('./outside/Forgot'), 'Forgot'),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyRouteComponent(() => import('./outside/Reset'), 'Reset'),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./outside/Invitation'), 'Invitation'),
});
const start = createRoute({
  getParentRoute: () => root,
  path: '/start',
  component: Shell,
  notFoundComponent: () => <NotFound />,
});
const startIndex = createRoute({
  getParentRoute: () => start,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/start/dashboard' });
  },
});
const dashboard = createRoute({
  getParentRoute: () => start,
  path: '/dashboard',
  component: lazyRouteComponent(() => import('./dashboard/Dashboard'), 'Dashboard'),
});
const challans = createRoute({
  getParentRoute: () => start,
  path: '/challans',
  component: lazyRouteComponent(() => import('./screens/Challans'), 'Challans'),
  validateSearch: (search: Record<string, unknown>): ChallansSearch => ({
    q: text(search.q),
    sort: text(search.sort),
    view: text(search.view),
    record: text(search.record),
  }),
});

const customers = createRoute({
  getParentRoute: () => start,
  path: '/customers',
  component: lazyRouteComponent(() => import('./register/Customers'), 'Customers'),
  validateSearch: (search: Record<string, unknown>): CustomersSearch => ({
    search: text(search.search),
    customer: text(search.customer),
  }),
});
const executives = createRoute({
  getParentRoute: () => start,
  path: '/customers/executives',
  component: lazyRouteComponent(() => import('./register/Executives'), 'Executives'),
  validateSearch: (search: Record<string, unknown>): ExecutivesSearch => ({
    search: text(search.search),
    executive: text(search.executive),
  }),
});
const profile = createRoute({
  getParentRoute: () => start,
  path: '/profile',
  component: lazyRouteComponent(() => import('./profile/Profile'), 'Profile'),
});
const admin = createRoute({
  getParentRoute: () => start,
  path: '/admin',
  component: lazyRouteComponent(() => import('./admin/AdminFrame'), 'AdminFrame'),
});
const users = createRoute({
  getParentRoute: () => admin,
  path: '/users',
  component: lazyRouteComponent(() => import('./admin/Users'), 'Users'),
  validateSearch: (search: Record<string, unknown>): UsersSearch => ({
    search: text(search.search),
    user: text(search.user),
  }),
});

const sets = createRoute({
  getParentRoute: () => admin,
  path: '/sets',
  component: lazyRouteComponent(() => import('./admin/Sets'), 'Sets'),
  validateSearch: (search: Record<string, unknown>): SetsSearch => ({ set: text(search.set) }),
});
const keys = createRoute({
  getParentRoute: () => admin,
  path: '/keys',
  component: lazyRouteComponent(() => import('./admin/Keys'), 'Keys'),
  validateSearch: (search: Record<string, unknown>): KeysSearch => ({ key: text(search.key) }),
});
const audit = createRoute({
  getParentRoute: () => admin,
  path: '/audit',
  component: lazyRouteComponent(() => import('./admin/Audit'), 'Audit'),
  validateSearch: (search: Record<string, unknown>): AuditSearch => ({
    search: text(search.search),
    entity: text(search.entity),
    user: text(search.user),
    from: text(search.from),
    to: text(search.to),
  }),
});

const numbers = createRoute({
  getParentRoute: () => admin,
  path: '/numbers',
  component: lazyRouteComponent(() => import('./admin/Numbers'), 'Numbers'),
  validateSearch: (search: Record<string, unknown>): NumbersSearch => ({
    series: text(search.series),
  }),
});

/** Search parameters are plain texts, so that an address can be read and written by hand. */
function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).filter(([, value]) => text(value) !== undefined);
  const query = new URLSearchParams(entries as [string, string][]).toString();
  return query ? `?${query}` : '';
}

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    login,
    forgot,
    reset,
    invitation,
    start.addChildren([
      startIndex,
      dashboard,
      challans,
      customers,
      executives,
      profile,
      admin.addChildren([users, sets, keys, audit, numbers]),
    ]),
  ]),
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch,
  defaultErrorComponent: Crashed,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
