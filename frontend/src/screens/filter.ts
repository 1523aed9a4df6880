import type { Stage } from '../api/types';
import { termsOf } from '../finding/terms';

/** Whether a filter looks in the trash. */
export const asksForTrash = (q: string): boolean =>
  termsOf(q).some(({ field, negated }) => field === 'deleted' && !negated);

const STAGE_TERM = /(^|\s)stage:(\S+)/i;

/** The stage a filter asks for, where it asks for exactly one. */
export function stageIn(q: string): Stage | null {
  const value = STAGE_TERM.exec(q)?.[2];
  return value && !value.includes(',') ? (value.toLowerCase() as Stage) : null;
}

/** Whether a filter asks for stages, one or several. */
export const asksForStages = (q: string): boolean => STAGE_TERM.test(q);

/** The filter with its stage set anew, or without one. */
export function withStage(q: string, stage: Stage | null): string {
  const rest = q.replace(STAGE_TERM, '').trim();
  return stage ? `stage:${stage} ${rest}`.trim() : rest;
}
