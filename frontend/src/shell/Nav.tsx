import { Menu } from '@base-ui/react/menu';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  CircleUser,
  LayoutDashboard,
  LogOut,
  type LucideIcon,
  Moon,
  Shield,
  Sun,
  Truck,
  Users,
} from 'lucide-react';
import { useRef, useState } from 'react';
import { adminPages } from '../admin/pages';
import { displayName, may, signOut } from '../api/accounts';
import type { Me } from '../api/types';
import { rowsUnsaved } from '../grid/unsavedCells';
import { initials, plural } from '../lib/text';
import { useTheme } from '../lib/theme';
import { recordsDrafted } from '../record/drafts';
import { Confirm } from '../ui/Confirm';
import { Logo } from '../ui/Logo';
import { ThemeButton } from '../ui/ThemeButton';
import { toast } from '../ui/toasts';
import { useMe } from './session';

interface NavPage {
  to: '/start/dashboard' | '/start/challans' | '/start/customers' | '/start/admin';
  label: string;
  icon: LucideIcon;
}

const PAGES: NavPage[] = [
  { to: '/start/dashboard', label: 'Dashboard', icon: LayoutDashboard },
  { to: '/start/challans', label: 'Challans', icon: Truck },
];
const CUSTOMERS: NavPage = { to: '/start/customers', label: 'Customers', icon: Users };
const ADMIN: NavPage = { to: '/start/admin', label: 'Admin', icon: Shield };

/** The pages that a person may go to. */
const pagesOf = (me: Me): NavPage[] => [
  ...PAGES,
  ...(may(me, 'challan:read') || may(me, 'customer:manage') ? [CUSTOMERS] : []),
  ...(adminPages(me).length > 0 ? [ADMIN] : []),
];

function useSignOut() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await signOut();
    } catch (error) {
      toast(error instanceof Error ? error.message : 'Signing out failed.');
      return;
    }
    await navigate({ to: '/login', search: {} });
    queries.clear();
  };
}

function ThemeLabel() {
  const [theme] = useTheme();
  const Icon = theme === 'dark' ? Sun : Moon;
  return (
    <>
      <Icon size={16} aria-hidden />
      {theme === 'dark' ? 'Light theme' : 'Dark theme'}
    </>
  );
}

/** What a person may do with their own account. The menu opens inside the landmark that its button is in. */
function PersonMenu({ children }: { children: React.ReactNode }) {
  const me = useMe();
  const place = useRef<HTMLSpanElement>(null);
  const [, toggleTheme] = useTheme();
  const onSignOut = useSignOut();
  /** In how many records something is unsaved, while that is being said. */
  const [unsaved, setUnsaved] = useState(0);
  const askSignOut = () => {
    const count = new Set([...recordsDrafted(me.id), ...rowsUnsaved(me.id)]).size;
    if (count > 0) setUnsaved(count);
    else void onSignOut();
  };
  const item =
    'flex items-center gap-2 h-8 max-md:h-11 px-2 rounded-md cursor-default outline-none data-[highlighted]:bg-accent-soft';
  return (
    <Menu.Root>
      {children}
      <span ref={place} />
      <Menu.Portal container={place}>
        <Menu.Positioner sideOffset={6} className="z-40 outline-none">
          <Menu.Popup className="floating p-1 w-56 outline-none">
            <div className="px-2 py-2 border-b border-line mb-1">
              <div className="font-medium truncate">{displayName(me)}</div>
              <div className="text-ink-2 truncate">{me.email}</div>
            </div>
            <Menu.LinkItem className={item} closeOnClick render={<Link to="/start/profile" />}>
              <CircleUser size={16} aria-hidden />
              Profile
            </Menu.LinkItem>
            <Menu.Item className={item} closeOnClick={false} onClick={toggleTheme}>
              <ThemeLabel />
            </Menu.Item>
            <Menu.Item className={item} onClick={askSignOut}>
              <LogOut size={16} aria-hidden />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
      <Confirm
        open={unsaved > 0}
        title="Sign out with unsaved changes?"
        does="Sign out"
        onConfirm={() => void onSignOut()}
        onClose={() => setUnsaved(0)}
      >
        What you typed into {plural(unsaved, 'challan')} is not saved. It stays on this device, and
        is shown only to you when you sign in here again.
      </Confirm>
    </Menu.Root>
  );
}

export function SideNav() {
  const me = useMe();
  const name = displayName(me);
  return (
    <nav
      aria-label="Main"
      className="max-md:hidden w-13 lg:w-52 shrink-0 border-r border-line bg-sunken flex flex-col p-2 gap-0.5"
    >
      <div className="h-9 px-2 mb-1 flex items-center gap-2 font-semibold text-base">
        <Logo />
        <span className="max-lg:sr-only">DC Tracker</span>
      </div>
      {pagesOf(me).map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          className="nav-link"
          activeOptions={{ includeSearch: false }}
          title={label}
        >
          <Icon size={16} aria-hidden className="flex-none" />
          <span className="max-lg:sr-only">{label}</span>
        </Link>
      ))}
      <div className="flex-1" />
      <div className="flex max-lg:flex-col items-center gap-1">
        <PersonMenu>
          <Menu.Trigger className="nav-link flex-1 min-w-0 max-lg:px-1.5">
            <span
              aria-hidden
              className="flex-none grid place-items-center size-6 rounded-full bg-accent text-accent-ink text-[10px] font-semibold"
            >
              {initials(name)}
            </span>
            <span className="sr-only">Account: </span>
            <span className="truncate max-lg:sr-only">{name}</span>
          </Menu.Trigger>
        </PersonMenu>
        <ThemeButton />
      </div>
    </nav>
  );
}

/** The navigation of a phone, within reach of a thumb. */
export function BottomBar() {
  const pages = pagesOf(useMe());
  const tab =
    'flex-1 grid justify-items-center content-center gap-0.5 h-14 text-xs text-ink-2 aria-[current=page]:text-accent aria-[current=page]:font-medium';
  return (
    <nav
      aria-label="Main"
      className="bottom-bar md:hidden flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)]"
    >
      {pages.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={tab} activeOptions={{ includeSearch: false }}>
          <Icon size={20} aria-hidden />
          {label}
        </Link>
      ))}
      <PersonMenu>
        <Menu.Trigger className={tab}>
          <CircleUser size={20} aria-hidden />
          Me
        </Menu.Trigger>
      </PersonMenu>
    </nav>
  );
}
