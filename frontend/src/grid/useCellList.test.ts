import { expect, test } from 'vitest';
import { COLUMNS, type Column } from './columns';
import { hasList, withTaken } from './useCellList';

const column = (name: string) => COLUMNS.find((one) => one.name === name) as Column;

test('a value taken from the list is the cell’s, or the last of its names', () => {
  expect(withTaken(column('customer'), 'ash', true, 'Asha Traders')).toBe('Asha Traders');
  const executives = column('delivery_executives');
  expect(withTaken(executives, 'Ravi, gi', true, 'Gita')).toBe('Ravi, Gita');
  expect(withTaken(executives, 'gi', true, 'Gita')).toBe('Gita');
  // Nothing was typed: it is chosen in place of what is there.
  expect(withTaken(executives, 'Ravi, Kiran', false, 'Gita')).toBe('Gita');
});

test('names and yes or no have a list', () => {
  const listed = COLUMNS.filter(hasList).map(({ name }) => name);
  expect(listed).toEqual(['customer', 'delivery_executives', 'invoice_submission']);
});
