import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CloudOff, SearchX, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { fetchUsers, type User } from '../api/people';
import { formatMoment } from '../lib/dates';
import { initials } from '../lib/text';
import { SearchBox } from '../screens/SearchBox';
import { placeOf, useMe } from '../shell/session';
import { Notice } from '../ui/Notice';
import { Table } from '../ui/Table';
import type { Made } from './NewUserForm';
import { nameOf, ROLE_LABELS } from './people';
import { UserDrawer } from './UserDrawer';

export interface UsersSearch {
  search?: string;
  /** The user in the drawer: an id, or `new`. */
  user?: string;
}

/** Everybody who may sign in, and who could. */
export function Users() {
  const place = placeOf(useMe());
  const { search = '', user } = useSearch({ strict: false }) as UsersSearch;
  const navigate = useNavigate();
  const [made, setMade] = useState<Made | null>(null);
  const go = (change: UsersSearch, replace = false) =>
    void navigate({
      to: '/start/admin/users',
      search: (before: UsersSearch) => ({ ...before, ...change }),
      replace,
    });
  const users = useInfiniteQuery({
    queryKey: ['users', search],
    queryFn: ({ pageParam, signal }) => fetchUsers(search, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
  const found = users.data?.pages.flatMap((page) => page.results);
  const onNew = () => go({ user: 'new' });
  const seen = (one: User) =>
    one.last_sign_in_at
      ? formatMoment(one.last_sign_in_at, place.timeZone, place.today)
      : 'Never signed in';
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <div className="flex flex-none items-center gap-3 h-12 max-md:h-15 px-3 border-b border-line bg-surface">
          <SearchBox
            q={search}
            label="Search users"
            placeholder="Name or e-mail"
            invalid={false}
            onSearch={(text, replace) => go({ search: text || undefined }, replace)}
          />
          <span className="flex-1 max-md:hidden" />
          <button type="button" className="btn primary" onClick={onNew}>
            <UserPlus size={16} aria-hidden />
            New user
          </button>
        </div>
        {users.error && !found ? (
          <Notice
            icon={CloudOff}
            role="alert"
            title="The users could not be loaded"
            action={
              <button type="button" className="btn" onClick={() => void users.refetch()}>
                Try again
              </button>
            }
          >
            {users.error.message}
          </Notice>
        ) : found?.length === 0 ? (
          <Notice icon={SearchX} title="No user matches">
            Nobody’s name or e-mail has <b className="font-medium text-ink">{search}</b> in it.
          </Notice>
        ) : (
          <Table
            label="Users"
            columns={['Name', 'E-mail', 'Role', 'Last sign-in']}
            rows={found}
            keyOf={(one) => one.id}
            openKey={user}
            onOpen={(one) => go({ user: one.id })}
            cells={(one) => [
              <span key="name" className="inline-flex items-center gap-2.5 min-w-0">
                <span
                  aria-hidden
                  className="flex-none grid place-items-center size-6 rounded-full bg-accent-soft text-[10px] font-semibold"
                >
                  {initials(nameOf(one))}
                </span>
                <span className="truncate font-medium">{nameOf(one)}</span>
                {!one.is_active && (
                  <span className="pill" data-stage="void">
                    Disabled
                  </span>
                )}
              </span>,
              one.email,
              ROLE_LABELS[one.role],
              <span key="seen" className="tabular-nums">
                {one.last_sign_in_at && <span className="md:hidden">Last sign-in </span>}
                {seen(one)}
              </span>,
            ]}
            more={users.hasNextPage ? () => void users.fetchNextPage() : undefined}
          />
        )}
      </div>
      {user && (
        <UserDrawer
          key={user}
          id={user}
          onClose={() => go({ user: undefined })}
          invitation={made?.id === user ? made.invitation_url : undefined}
          onMade={(fresh) => {
            setMade(fresh);
            go({ user: fresh.id }, true);
          }}
        />
      )}
    </div>
  );
}
