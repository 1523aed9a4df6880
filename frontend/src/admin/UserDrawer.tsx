import { Tabs } from '@base-ui/react/tabs';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ProblemError } from '../api/http';
import { fetchUser, type User } from '../api/people';
import { useMe } from '../shell/session';
import { Drawer, TAB } from '../ui/Drawer';
import { ShownOnce } from '../ui/ShownOnce';
import { AccessTab } from './AccessTab';
import { type Made, NewUserForm } from './NewUserForm';
import { nameOf } from './people';
import { RightsForm } from './RightsForm';
import { UserForm } from './UserForm';

interface UserDrawerProps {
  /** `new`, or the id of a user. */
  id: string;
  onClose: () => void;
  /** The invitation of a user who was made just now. */
  invitation: string | undefined;
  onMade: (made: Made) => void;
}

/** A user beside the list: who it is and what they may do. */
export function UserDrawer({ id, invitation, onClose, onMade }: UserDrawerProps) {
  const me = useMe();
  const queries = useQueryClient();
  const isNew = id === 'new';
  const read = useQuery({
    queryKey: ['user', id],
    queryFn: ({ signal }) => fetchUser(id, signal),
    enabled: !isNew,
    retry: false,
  });
  const user = read.data;
  const take = (changed: User) => {
    queries.setQueryData(['user', changed.id], changed);
    void queries.invalidateQueries({ queryKey: ['users'] });
    if (changed.id === me.id) void queries.invalidateQueries({ queryKey: ['me'] });
  };
  if (isNew) {
    return (
      <Drawer title="New user" ready onClose={onClose}>
        <NewUserForm
          onMade={(made) => {
            take(made);
            onMade(made);
          }}
          onClose={onClose}
        />
      </Drawer>
    );
  }
  // An admin reaches no superadmin.
  const mayChange = user !== undefined && (user.role !== 'superadmin' || me.role === 'superadmin');
  return (
    <Drawer
      title={user ? nameOf(user) : 'User'}
      ready={user !== undefined || read.error !== null}
      mark={
        user?.is_active === false && (
          <span className="pill" data-stage="void">
            Disabled
          </span>
        )
      }
      onClose={onClose}
    >
      {read.error && (
        <p role="alert" className="p-4 text-danger">
          {read.error instanceof ProblemError && read.error.status === 404
            ? 'There is no such user.'
            : read.error.message}
        </p>
      )}
      {user && (
        <Tabs.Root defaultValue="details" className="flex-1 min-h-0 flex flex-col">
          <Tabs.List className="flex flex-none gap-2 px-3 border-b border-line">
            <Tabs.Tab value="details" className={TAB}>
              Details
            </Tabs.Tab>
            <Tabs.Tab value="rights" className={TAB}>
              Rights
            </Tabs.Tab>
            <Tabs.Tab value="access" className={TAB}>
              Access
            </Tabs.Tab>
          </Tabs.List>
          {invitation && (
            <div className="flex-none p-4 pb-0">
              <ShownOnce title="Invitation" lines={[invitation]}>
                Give this link to {nameOf(user)} and to nobody else: with it they choose a password.
                It is not shown again.
              </ShownOnce>
            </div>
          )}
          <Tabs.Panel
            value="details"
            keepMounted
            className="flex-1 min-h-0 flex flex-col data-[hidden]:hidden"
          >
            <UserForm user={user} mayChange={mayChange} onSaved={take} onClose={onClose} />
          </Tabs.Panel>
          <Tabs.Panel
            value="rights"
            keepMounted
            className="flex-1 min-h-0 flex flex-col data-[hidden]:hidden"
          >
            <RightsForm user={user} mayChange={mayChange} onSaved={take} />
          </Tabs.Panel>
          <Tabs.Panel value="access" className="flex-1 min-h-0 flex flex-col">
            <AccessTab
              user={user}
              mayChange={mayChange}
              onGone={() => {
                void queries.invalidateQueries({ queryKey: ['users'] });
                onClose();
              }}
            />
          </Tabs.Panel>
        </Tabs.Root>
      )}
    </Drawer>
  );
}
