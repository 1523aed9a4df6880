import { useEffect, useState } from 'react';
import type { Challan, FieldName } from '../api/types';
import type { Place } from '../grid/columns';
import { formatDate } from '../lib/dates';
import { toast } from '../ui/toasts';
import { differing, draftOf, dropDraft, keepDraft, typedSince, type Unsaved } from './drafts';
import { type Draft, textOf } from './fields';

/** A form with nothing typed into it; a new challan proposes its date. */
const untouched = (record: Challan | null, place: Place): Unsaved => ({
  draft: record ? {} : { date: formatDate(place.today, place.timeZone) },
  base: null,
  at: '',
});

const isTouched = ({ draft }: Unsaved, record: Challan | null) =>
  Object.keys(draft).length > (record ? 0 : 1);

/** What an earlier visit left unsaved of a record. */
function leftBehind(owner: string, record: Challan | null, place: Place): Unsaved | null {
  const left = draftOf(owner, record?.id ?? 'new');
  if (!left) return null;
  const unsaved = record ? { ...left, draft: differing(left.draft, record, place) } : left;
  return isTouched(unsaved, record) ? unsaved : null;
}

/** What is typed into the form of a record, which is null for a new one; it outlasts the form on this device. */
export function useDraft(owner: string, record: Challan | null, place: Place) {
  const id = record?.id ?? 'new';
  const [begun] = useState(() => leftBehind(owner, record, place));
  const [unsaved, setUnsaved] = useState(() => begun ?? untouched(record, place));
  /** When that was typed with which the form began; null once it is saved or given up. */
  const [leftAt, setLeftAt] = useState(begun?.at ?? null);
  const touched = isTouched(unsaved, record);

  useEffect(() => {
    if (touched) keepDraft(owner, id, unsaved);
    else dropDraft(owner, id);
  }, [owner, id, touched, unsaved]);
  useEffect(
    () => () => {
      if (draftOf(owner, id)) toast('Not saved. What you typed is kept on this device.');
    },
    [owner, id],
  );

  const set = (next: (before: Draft) => Draft, version?: number) =>
    setUnsaved(({ draft, base }) => {
      const after = {
        draft: next(draft),
        base: base ?? version ?? null,
        at: new Date().toISOString(),
      };
      return isTouched(after, record) || !record ? after : untouched(record, place);
    });
  const forget = (name: FieldName) => set(({ [name]: _, ...rest }) => rest);
  const change = (name: FieldName, text: string) => {
    // Back to what is stored is no change.
    if (record && text === textOf(record, name, place)) forget(name);
    else set((before) => ({ ...before, [name]: text }), record?.version);
  };
  /** From here on it is a change of that version: what others did up to it was looked at. */
  const rebase = (version: number) =>
    setUnsaved((before) => (before.base === null ? before : { ...before, base: version }));
  const discard = () => {
    dropDraft(owner, id);
    setLeftAt(null);
    setUnsaved(untouched(record, place));
  };
  /** `sent` is stored as `version`; what was typed on meanwhile stays. */
  const saved = (sent: Draft, version: number) => {
    const left = record ? typedSince(draftOf(owner, id)?.draft ?? {}, sent) : {};
    discard();
    if (Object.keys(left).length === 0) return;
    const rest = { draft: left, base: version, at: new Date().toISOString() };
    // The form may be closed by now.
    keepDraft(owner, id, rest);
    setUnsaved(rest);
  };
  return {
    draft: unsaved.draft,
    base: unsaved.base,
    touched,
    leftAt,
    change,
    forget,
    rebase,
    discard,
    saved,
  };
}
