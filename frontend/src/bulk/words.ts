import { plural } from '../lib/text';

const DOING: Record<string, string> = {
  update: 'Changing',
  delete: 'Deleting',
  restore: 'Restoring',
  void: 'Voiding',
  link_invoice: 'Linking to the invoice:',
  merge_executive: 'Merging the executives of',
  undo: 'Undoing the change of',
};

const DONE: Record<string, string> = {
  update: 'changed',
  delete: 'deleted',
  restore: 'restored',
  void: 'voided',
  link_invoice: 'linked to the invoice',
  merge_executive: 'given to the executive that stays',
  undo: 'changed back',
};

/** `Deleting 1,204 challans`. */
export const doing = (action: string, count: number): string =>
  `${DOING[action] ?? 'Changing'} ${plural(count, 'challan')}`;

/** `1,204 challans deleted`. */
export const done = (action: string, count: number): string =>
  `${plural(count, 'challan')} ${DONE[action] ?? 'changed'}`;

/** `1,204 challans would be deleted`. */
export const would = (action: string, count: number): string =>
  `${plural(count, 'challan')} would be ${DONE[action] ?? 'changed'}`;
