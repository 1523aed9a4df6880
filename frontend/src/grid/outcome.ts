/** What the server made of a plan, in the words and places of the grid. */
import type { Patched, PatchResult } from '../api/batches';
import { fetchChallan } from '../api/challans';
import type { FieldName, Row } from '../api/types';
import { plural } from '../lib/text';
import type { CellState, CellStates } from './cellStates';
import { cellsOf, type Plan, type PlannedRow, type Refused } from './plan';
import type { RowStore } from './rowStore';

export type Verb = 'paste' | 'fill' | 'clear';

/** Rows whose cells show what they would be; of more, only what was refused. */
const SHOWN = 500;

/** A plan that the server has judged, for the person to decide. */
export interface Judged {
  verb: Verb;
  plan: Plan;
  /** Rows that nothing refuses. */
  rows: PlannedRow[];
  /** What is not written, found here or by the server. */
  refused: Refused[];
  created: number;
  /** What the server said of each row. */
  results: PatchResult[];
}

/** The reasons of one row, by field; the whole row's where no field is named. */
function reasonsOf(planned: PlannedRow, result: PatchResult): Refused[] {
  const { at, line, row, texts } = planned;
  const of = (field: string, reason: string): Refused => {
    const own = field === 'row' ? null : (field as FieldName);
    return { at, line, row, field: own, text: (own && texts[own]) ?? '', reason };
  };
  const wrong = Object.entries(result.errors).map(([field, why]) => of(field, why.join(' ')));
  const clash = result.conflicts.map(({ field, by }) => ({
    ...of(field, `${by} changed this meanwhile.`),
    clash: true,
  }));
  return [...wrong, ...clash];
}

/** Puts the server's answer to its rows. */
export function judged(verb: Verb, plan: Plan, { results }: Patched): Judged {
  const rows: PlannedRow[] = [];
  const refused = [...plan.refused];
  let created = 0;
  plan.rows.forEach((planned, i) => {
    const result = results[i];
    if (!result) return;
    if (result.outcome === 'refused') refused.push(...reasonsOf(planned, result));
    else {
      rows.push(planned);
      if (!planned.row) created += 1;
    }
  });
  return { verb, plan, rows, refused, created, results };
}

/** `3 rows change, 2 new challans, 1 row refused`. */
export function countsOf({ rows, refused, created }: Judged): string {
  const changed = rows.length - created;
  const lines = new Set(refused.map(({ at, row }) => row?.id ?? `new ${at}`)).size;
  const parts = [
    changed > 0 && `${plural(changed, 'row')} ${changed === 1 ? 'changes' : 'change'}`,
    created > 0 && plural(created, 'new challan'),
    lines > 0 && `${plural(lines, 'row')} refused`,
  ].filter(Boolean);
  return parts.join(', ') || 'Nothing changes';
}

const DONE: Record<Verb, string> = { paste: 'pasted', fill: 'filled down', clear: 'cleared' };
const STEP: Record<Verb, string> = { paste: 'pasting', fill: 'filling', clear: 'clearing' };

/** What was done, for the note at the bottom: `12 cells pasted in 3 rows`. */
export function doneSentence(verb: Verb, rows: PlannedRow[]): string {
  const made = rows.filter(({ row }) => !row);
  const changed = rows.filter(({ row }) => row);
  const cells = `${plural(cellsOf(changed), 'cell')} ${DONE[verb]}`;
  if (made.length === 0) return `${cells} in ${plural(changed.length, 'row')}`;
  const news = `${plural(made.length, 'challan')} made`;
  return changed.length > 0 ? `${cells}, ${news}` : news;
}

/** How undo names it. */
export const stepOf = (verb: Verb, rows: PlannedRow[]): string =>
  `${STEP[verb]} into ${plural(rows.length, 'row')}`;

type Placed = [id: string, field: FieldName, state: CellState | null];

/** States for the cells of rows: what they would be, or that they are being saved; null takes them away. */
export function statesOf(rows: PlannedRow[], kind: 'proposed' | 'saving' | null): Placed[] {
  return rows.slice(0, SHOWN).flatMap(({ row, texts }) =>
    row
      ? Object.entries(texts).map(([field, text]): Placed => {
          const state = kind && { kind, text, baseVersion: row.version };
          return [row.id, field as FieldName, state];
        })
      : [],
  );
}

/** States that keep what was refused at its cell, with the reason. */
export function failures(refused: Refused[]): Placed[] {
  return refused.flatMap(({ row, field, text, reason, clash }): Placed[] =>
    row && field && !clash
      ? [[row.id, field, { kind: 'failed', text, baseVersion: row.version, reason, retry: false }]]
      : [],
  );
}

/** Shows what was written, ahead of the stream, which tells the rest of each row. */
export function showWritten(results: PatchResult[], store: RowStore): void {
  for (const { id, version, outcome, changes } of results) {
    if (outcome !== 'updated' || !id || !version) continue;
    const facts = Object.fromEntries(changes.map(({ field, new: value }) => [field, value]));
    store.putPart({ ...facts, id, version } as Row);
  }
}

/** Conflicts that are settled one by one; more are only counted. */
const SETTLED = 20;

/** Shows both values at the cells that others changed meanwhile. */
export async function showConflicts(
  rows: PlannedRow[],
  results: PatchResult[],
  store: RowStore,
  states: CellStates,
): Promise<void> {
  const clashes = results.filter(({ conflicts }) => conflicts.length > 0).slice(0, SETTLED);
  for (const { id, conflicts } of clashes) {
    const planned = rows.find(({ row }) => row?.id === id);
    if (!id || !planned) continue;
    const current = await fetchChallan(id);
    store.put(current);
    for (const { field, theirs, by, at } of conflicts) {
      const name = field as FieldName;
      const text = planned.texts[name] ?? '';
      states.set(id, name, {
        kind: 'conflict',
        text,
        baseVersion: current.version,
        theirs,
        by,
        at,
      });
    }
  }
}
