/** What was typed into a record and neither saved nor given up: kept on this device, by person and record. */
import type { Challan } from '../api/types';
import type { Place } from '../grid/columns';
import { keep, kept, keysKept } from '../lib/device';
import { type Draft, textOf } from './fields';

export interface Unsaved {
  draft: Draft;
  /** The version the first touched field was seen at; null for a new challan. */
  base: number | null;
  /** When something was typed last. */
  at: string;
}

const keyOf = (owner: string, record = '') => `draft ${owner} ${record}`;

/** What a person typed into a record, an id or `new`; null where nothing is unsaved. */
export function draftOf(owner: string, record: string): Unsaved | null {
  try {
    const read = JSON.parse(kept(keyOf(owner, record)) ?? 'null') as Unsaved | null;
    return read && typeof read.draft === 'object' && read.draft !== null ? read : null;
  } catch {
    return null;
  }
}

export const keepDraft = (owner: string, record: string, unsaved: Unsaved): void =>
  keep(keyOf(owner, record), JSON.stringify(unsaved));

export const dropDraft = (owner: string, record: string): void => keep(keyOf(owner, record), null);

/** The records that a person left with something unsaved in them. */
export const recordsDrafted = (owner: string): string[] =>
  keysKept(keyOf(owner)).map((key) => key.slice(keyOf(owner).length));

/** What of a draft still differs from the record, and may be seen of it. */
export function differing(draft: Draft, record: Challan, place: Place): Draft {
  const entries = Object.entries(draft) as [keyof Draft, string][];
  return Object.fromEntries(
    entries.filter(
      ([name, text]) => !record.hidden?.includes(name) && text !== textOf(record, name, place),
    ),
  );
}

/** What was typed on while `sent` was being saved. */
export function typedSince(draft: Draft, sent: Draft): Draft {
  const entries = Object.entries(draft) as [keyof Draft, string][];
  return Object.fromEntries(entries.filter(([name, text]) => text !== sent[name]));
}
