import { Link, Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { Lock } from 'lucide-react';
import { useRef } from 'react';
import { useCurrentInView } from '../lib/useCurrentInView';
import { useMe } from '../shell/session';
import { Notice } from '../ui/Notice';
import { adminPages } from './pages';

/** The admin console: its pages as tabs, for those who manage something. */
export function AdminFrame() {
  const pages = adminPages(useMe());
  const path = useLocation().pathname;
  const tabs = useRef<HTMLElement>(null);
  useCurrentInView(tabs, path);
  if (pages.length === 0) {
    return (
      <>
        <h1 className="sr-only">Admin</h1>
        <Notice icon={Lock} title="This is for admins">
          Your account manages neither users nor keys. An admin of your company can change that.
        </Notice>
      </>
    );
  }
  // The address of the console itself is that of the first page one may open.
  const [first] = pages;
  if (first && /^\/start\/admin\/?$/.test(path)) return <Navigate to={first.to} replace />;
  return (
    <>
      <header className="flex flex-none items-center h-12 px-4 border-b border-line bg-surface">
        <h1 className="text-base font-semibold">Admin</h1>
      </header>
      <nav
        ref={tabs}
        aria-label="Admin"
        className="flex flex-none items-center gap-1 h-11 px-2 border-b border-line bg-surface overflow-x-auto [scrollbar-width:none]"
      >
        {pages.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ includeSearch: false }}
            className="flex-none inline-flex items-center h-7 max-md:h-9 px-2.5 rounded-md hover:bg-sunken whitespace-nowrap aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium"
          >
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
