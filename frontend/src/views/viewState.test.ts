import { describe, expect, it } from 'vitest';
import { COLUMNS } from '../grid/columns';
import { arranged, layoutIn, movedBy, movedTo, PLAIN, sameLayout, withColumn } from './viewState';

const names = (layout: Parameters<typeof arranged>[1]) =>
  arranged(COLUMNS, layout).map(({ name }) => name);

describe('a layout', () => {
  it('without settings shows every column as it is', () => {
    expect(arranged(COLUMNS, PLAIN).map(({ width }) => width)).toEqual(
      COLUMNS.map(({ width }) => width),
    );
  });

  it('orders, hides, pins and widens', () => {
    let layout = movedBy(COLUMNS, PLAIN, 'customer', -1);
    expect(names(layout).slice(0, 3)).toEqual(['challan_number', 'customer', 'date']);
    layout = withColumn(COLUMNS, layout, { name: 'remarks', pinned: true, width: 9_999 });
    layout = withColumn(COLUMNS, layout, { name: 'date', hidden: true });
    expect(names(layout).slice(0, 3)).toEqual(['challan_number', 'remarks', 'customer']);
    expect(names(layout)).not.toContain('date');
    expect(arranged(COLUMNS, layout)[1]).toMatchObject({ pinned: true, width: 640 });
    expect(movedBy(COLUMNS, PLAIN, 'challan_number', -1)).toBe(PLAIN);
  });

  it('has a column stand where another stood, also over hidden ones', () => {
    const layout = withColumn(COLUMNS, PLAIN, { name: 'customer', hidden: true });
    const later = movedTo(COLUMNS, layout, 'date', 'amount');
    expect(names(later).slice(1, 4)).toEqual(['dc_summary', 'amount', 'date']);
    expect(sameLayout(COLUMNS, movedTo(COLUMNS, later, 'date', 'customer'), layout)).toBe(true);
  });

  it('keeps the number in sight unless that was taken back', () => {
    expect(arranged(COLUMNS, PLAIN).filter(({ pinned }) => pinned)).toHaveLength(1);
    const free = withColumn(COLUMNS, PLAIN, { name: 'challan_number', pinned: false });
    expect(arranged(COLUMNS, free).filter(({ pinned }) => pinned)).toEqual([]);
    expect(sameLayout(COLUMNS, free, PLAIN)).toBe(false);
  });

  it('is compared by what it shows', () => {
    const there = movedBy(COLUMNS, PLAIN, 'date', 1);
    expect(sameLayout(COLUMNS, there, PLAIN)).toBe(false);
    expect(sameLayout(COLUMNS, movedBy(COLUMNS, there, 'date', -1), PLAIN)).toBe(true);
  });

  it('of another edition is read as far as it is known', () => {
    const odd = { columns: [{ name: 'gone' }, null, { name: 'date' }], density: 'tiny' } as never;
    expect(layoutIn(odd).density).toBe('default');
    expect(names(layoutIn(odd)).slice(0, 2)).toEqual(['challan_number', 'date']);
    expect(arranged(COLUMNS, layoutIn(odd))[2]?.name).toBe('customer');
  });
});
