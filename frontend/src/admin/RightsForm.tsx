import { Plus } from 'lucide-react';
import { useState } from 'react';
import { replaceGrants, type User } from '../api/people';
import { COLUMNS } from '../grid/columns';
import { useSubmit } from '../lib/useSubmit';
import { placeOf, useMe } from '../shell/session';
import { DrawerForm } from '../ui/DrawerForm';
import { toast } from '../ui/toasts';
import { type Block, blocksOf, doubtsOf, grantsOf, newBlock, sentencesOf } from './grants';
import { nameOf, ROLE_HINTS } from './people';
import { RightsBlock } from './RightsBlock';

interface RightsFormProps {
  user: User;
  mayChange: boolean;
  onSaved: (saved: User) => void;
}

const labelOf = (name: string) =>
  COLUMNS.find((column) => column.name === name)?.label ?? name.replaceAll('_', ' ');

const stored = (user: User, timeZone: string): Block[] => {
  const blocks = blocksOf(user.grants, timeZone);
  return blocks.length > 0 ? blocks : [newBlock()];
};

/** What a user may do: said in words, and below that to be changed. */
export function RightsForm({ user, mayChange, onSaved }: RightsFormProps) {
  const { timeZone, today } = placeOf(useMe());
  const [changed, setChanged] = useState<Block[] | null>(null);
  const { busy, failure, submit } = useSubmit();
  const blocks = changed ?? stored(user, timeZone);
  const put = (block: Block) =>
    setChanged(blocks.map((one) => (one.key === block.key ? block : one)));
  const save = () =>
    submit(async () => {
      onSaved(await replaceGrants(user.id, grantsOf(blocks, timeZone)));
      setChanged(null);
      toast(`Rights of ${nameOf(user)} saved; they hold at once`);
    });
  const sentences = blocks.flatMap((block) => sentencesOf(block, { labelOf, timeZone }));
  const doubts = doubtsOf(blocks, user.executive_name);
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
      <section
        aria-label="In words"
        aria-live="polite"
        className="rounded-md bg-sunken px-3 py-2.5 grid gap-1"
      >
        {user.role !== 'user' && <p>{ROLE_HINTS[user.role]}</p>}
        {sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {user.role === 'user' && sentences.length === 0 && (
          <p className="text-ink-2">May sign in, and nothing else yet.</p>
        )}
        {user.role === 'user' &&
          doubts.map((doubt) => (
            <p key={doubt} className="text-danger">
              {doubt}
            </p>
          ))}
      </section>
      {blocks.map((block, index) => (
        <RightsBlock
          key={block.key}
          block={block}
          title={blocks.length > 1 ? `Rights ${index + 1}` : 'Rights'}
          today={today}
          disabled={!mayChange}
          onChange={put}
          onRemove={
            blocks.length > 1
              ? () => setChanged(blocks.filter((one) => one.key !== block.key))
              : undefined
          }
        />
      ))}
      {mayChange && (
        <button
          type="button"
          className="btn ghost justify-self-start"
          onClick={() => setChanged([...blocks, newBlock()])}
        >
          <Plus size={14} aria-hidden />
          More rights, with other limits
        </button>
      )}
    </DrawerForm>
  );
}
