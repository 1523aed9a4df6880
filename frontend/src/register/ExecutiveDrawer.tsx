import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowRight } from 'lucide-react';
import { may, mayEverywhere } from '../api/accounts';
import { fetchExecutives } from '../api/customers';
import type { Me } from '../api/types';
import { written } from '../finding/terms';
import { useMe } from '../shell/session';
import { Drawer } from '../ui/Drawer';
import { ExecutiveMergeForm } from './ExecutiveMergeForm';

interface ExecutiveDrawerProps {
  name: string;
  onClose: () => void;
  /** Hears the name that stays. */
  onMerged: (into: string) => void;
}

/** One executive: the challans, and the merge into another name where it may be. */
export function ExecutiveDrawer({ name, onClose, onMerged }: ExecutiveDrawerProps) {
  const me = useMe();
  const read = useQuery({
    queryKey: ['executives', 'one', name],
    queryFn: ({ signal }) => fetchExecutives(name, signal),
    retry: false,
  });
  const executive = read.data?.results.find((one) => one.name === name);
  const refusal = refusalOf(me);
  return (
    <Drawer title={name} ready={!read.isPending} onClose={onClose}>
      <Link
        to="/start/challans"
        search={{ q: `executive:${written(name)}` }}
        className="flex flex-none items-center gap-1.5 px-4 py-2 border-b border-line text-accent hover:underline"
      >
        The challans
        <ArrowRight size={14} aria-hidden />
      </Link>
      {read.error ? (
        <p role="alert" className="p-4 text-danger">
          {read.error.message}
        </p>
      ) : read.data && !executive ? (
        <p className="p-4 text-ink-2">No challan is carried by this name any more.</p>
      ) : executive?.user ? (
        <div className="p-4 grid gap-2 text-ink-2">
          <p>
            This is the executive name of a user, whose own deliveries are found by it, so it is not
            merged away here: an admin changes it at the user. Other names can be merged into it.
          </p>
          {may(me, 'user:manage') && (
            <Link
              to="/start/admin/users"
              search={{ user: executive.user }}
              className="justify-self-start text-accent hover:underline"
            >
              Go to the user
            </Link>
          )}
        </div>
      ) : executive && refusal ? (
        <p className="p-4 text-ink-2">{refusal}</p>
      ) : (
        executive && <ExecutiveMergeForm executive={executive} onMerged={onMerged} />
      )}
    </Drawer>
  );
}

/** Why a person may not merge; the server decides by the same. */
function refusalOf(me: Me): string | null {
  const missing = ['challan:read', 'challan:update'].find(
    (permission) => !mayEverywhere(me, permission, 'delivery_executives'),
  );
  return missing
    ? `Merging needs ${missing} for every challan, with its executives. An admin can grant it.`
    : null;
}
