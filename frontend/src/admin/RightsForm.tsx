import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Grant, replaceGrants, type User } from '../api/people';
import { fetchSets } from '../api/rights';
import { useSubmit } from '../lib/useSubmit';
import { placeOf, useMe } from '../shell/session';
import { DrawerForm } from '../ui/DrawerForm';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { type Block, blocksOf, doubtsOf, grantsOf, newBlock } from './grants';
import { nameOf, ROLE_HINTS } from './people';
import { RightsEditor } from './RightsEditor';

interface RightsFormProps {
  user: User;
  mayChange: boolean;
  onSaved: (saved: User) => void;
}

/** Grants as blocks, and an empty one to begin with where there are none. */
export function startOf(grants: Grant[], timeZone: string): Block[] {
  const blocks = blocksOf(grants, timeZone);
  return blocks.length > 0 ? blocks : [newBlock()];
}

/** What a user may do. */
export function RightsForm({ user, mayChange, onSaved }: RightsFormProps) {
  const { timeZone } = placeOf(useMe());
  const [changed, setChanged] = useState<Block[] | null>(null);
  const { busy, failure, submit } = useSubmit();
  const blocks = changed ?? startOf(user.grants, timeZone);
  const save = () =>
    submit(async () => {
      onSaved(await replaceGrants(user.id, grantsOf(blocks, timeZone)));
      setChanged(null);
      toast(`Rights of ${nameOf(user)} saved; they hold at once`);
    });
  const isUser = user.role === 'user';
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => void (changed && save())}
      actions={
        <>
          {changed && (
            <button type="button" className="btn" onClick={() => setChanged(null)}>
              Discard
            </button>
          )}
          <button type="submit" className="btn primary" disabled={busy || !changed}>
            {busy ? 'Saving…' : 'Save rights'}
          </button>
        </>
      }
    >
      {mayChange && isUser && (
        <SetPicker onPick={(grants) => setChanged(startOf(grants, timeZone))} />
      )}
      <RightsEditor
        blocks={blocks}
        disabled={!mayChange}
        onBlocks={setChanged}
        before={isUser ? undefined : <p>{ROLE_HINTS[user.role]}</p>}
        none="May sign in, and nothing else yet."
        doubts={isUser ? doubtsOf(blocks, user.executive_name) : []}
      />
    </DrawerForm>
  );
}

/** Takes the rights of a set over, in place of what is there. */
function SetPicker({ onPick }: { onPick: (grants: Grant[]) => void }) {
  const sets = useQuery({
    queryKey: ['sets'],
    queryFn: ({ signal }) => fetchSets(signal),
    staleTime: 60_000,
  });
  if (!sets.data?.results.length) return null;
  return (
    <Field label="Take the rights of">
      {(shared) => (
        <select
          {...shared}
          value=""
          onChange={(event) => {
            const set = sets.data.results.find(({ id }) => id === event.target.value);
            if (set) onPick(set.grants);
          }}
        >
          <option value="">a set…</option>
          {sets.data.results.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
