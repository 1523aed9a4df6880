import { Link } from '@tanstack/react-router';
import { may } from '../api/accounts';
import { useMe } from '../shell/session';

const PAGES = [
  { to: '/start/customers', label: 'Customers' },
  { to: '/start/customers/executives', label: 'Executives' },
] as const;

/** The lists that challans take their names from, for who looks after them; there is one alone for others. */
export function RegisterNav() {
  if (!may(useMe(), 'customer:manage')) return null;
  return (
    <nav
      aria-label="Lists"
      className="flex flex-none items-center gap-1 h-11 px-2 border-b border-line bg-surface"
    >
      {PAGES.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: true, includeSearch: false }}
          className="flex-none inline-flex items-center h-7 max-md:h-9 px-2.5 rounded-md hover:bg-sunken whitespace-nowrap aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
