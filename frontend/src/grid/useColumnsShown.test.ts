import { expect, it } from 'vitest';
import type { Column } from './columns';
import { GUTTER, layoutOf } from './GridRow';
import { columnsShown } from './useColumnsShown';

const layout = layoutOf(
  Array.from({ length: 10 }, (_, i) => ({ name: `c${i}`, width: 100 }) as unknown as Column),
);

it('draws what is in sight and one column more each way', () => {
  expect(columnsShown(layout, 0, 250)).toEqual({ first: 0, last: 3 });
  expect(columnsShown(layout, 300, 200)).toEqual({ first: 2, last: 5 });
  expect(columnsShown(layout, 350, 200)).toEqual({ first: 2, last: 6 });
  expect(columnsShown(layout, 800, 200)).toEqual({ first: 7, last: 9 });
});

it('counts what pinned columns cover as out of sight', () => {
  const columns = layout.columns.map((column, i) => ({ ...column, pinned: i < 2 }));
  const pinned = layoutOf(columns);
  expect(pinned).toMatchObject({ pins: 2, pinnedWidth: GUTTER + 200 });
  expect(columnsShown(pinned, 0, 450)).toEqual({ first: 2, last: 5 });
  expect(columnsShown(pinned, 300, 450)).toEqual({ first: 4, last: 8 });
});

it('draws all where all are in sight, and none wrongly where there is no width yet', () => {
  expect(columnsShown(layout, 0, 5_000)).toEqual({ first: 0, last: 9 });
  expect(columnsShown(layout, 0, 0)).toEqual({ first: 0, last: 1 });
});
