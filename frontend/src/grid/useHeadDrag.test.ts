import { expect, it } from 'vitest';
import { COLUMNS } from './columns';
import { GUTTER, layoutOf } from './GridRow';
import { placeAt, takenPlace } from './useHeadDrag';

const wide = COLUMNS.slice(0, 5).map((column, i) => ({ ...column, width: 100, pinned: i < 2 }));
const layout = layoutOf(wide);

it('a heading lands between the two whose centres it lies between', () => {
  const place = (x: number) => placeAt(layout, 3, GUTTER + x);
  expect(place(249)).toBe(2);
  expect(place(251)).toBe(3);
  expect(place(451)).toBe(5);
  expect(place(9_999)).toBe(5);
});

it('a pinned column stays among pinned ones, and no other comes between those', () => {
  expect(placeAt(layout, 0, GUTTER + 400)).toBe(2);
  expect(placeAt(layout, 4, 0)).toBe(2);
});

it('a column that is let go at either of its sides stays', () => {
  const taken = (to: number) => takenPlace({ from: 2, to });
  expect([taken(2), taken(3)]).toEqual([null, null]);
  expect(taken(4)).toBe(3);
  expect(taken(0)).toBe(0);
});
