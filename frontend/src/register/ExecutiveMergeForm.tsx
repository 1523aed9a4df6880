import { useState } from 'react';
import { type Executive, fetchExecutives, mergeExecutive } from '../api/customers';
import { beginJob } from '../bulk/jobs';
import { plural } from '../lib/text';
import { useSubmit } from '../lib/useSubmit';
import { DrawerForm } from '../ui/DrawerForm';
import { Picker } from '../ui/Picker';
import { recorded } from '../undo/steps';

interface ExecutiveMergeFormProps {
  executive: Executive;
  /** Hears the name that stays. */
  onMerged: (into: string) => void;
}

/** Makes two executives one, after saying what that does. */
export function ExecutiveMergeForm({ executive, onMerged }: ExecutiveMergeFormProps) {
  const { name, count } = executive;
  const [into, setInto] = useState<Executive | null>(null);
  const { busy, errors, failure, submit, mend } = useSubmit(['into']);
  const merge = (kept: Executive) =>
    submit(async () => {
      const { batch_id } = await mergeExecutive(name, kept.name);
      recorded(`merging ${name} into ${kept.name}`)(batch_id);
      beginJob(batch_id, 'merge_executive', count);
      onMerged(kept.name);
    });
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => into && void merge(into)}
      actions={
        <button type="submit" className="btn danger" disabled={busy || !into}>
          {busy ? 'Merging…' : 'Merge'}
        </button>
      }
    >
      <p className="text-ink-2">
        For two names that mean the same person. {name} goes, the other one stays.
      </p>
      <Picker
        keeps
        label="The one that stays"
        kind="executives"
        placeholder="A part of a name"
        error={errors.into}
        find={async (text, signal) => (await fetchExecutives(text, signal)).results}
        isOffered={(one) => one.name !== name}
        show={(one) => ({ key: one.name, name: one.name, note: plural(one.count, 'challan') })}
        onPick={(picked) => {
          setInto(picked);
          mend('into');
        }}
      />
      {into && (
        <p
          role="status"
          className="rounded-md border border-line-strong bg-sunken px-3 py-2.5 wrap-anywhere"
        >
          {plural(count, 'challan')} of <b className="font-semibold">{name}</b>, and what lies in
          the trash, will be carried by <b className="font-semibold">{into.name}</b>. This can be
          undone.
        </p>
      )}
    </DrawerForm>
  );
}
