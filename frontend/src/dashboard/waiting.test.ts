import { expect, it } from 'vitest';
import { bucketFilter, daysLabel, perDay, trendOf, WAITING, type Waiting } from './waiting';

const waiting = WAITING[0] as Waiting;

it('a bar leads to the days it counts', () => {
  const of = (from_days: number, to_days: number | null) =>
    bucketFilter(waiting, { from_days, to_days }, '2026-07-20').split(' ')[0];
  expect(of(0, 2)).toBe('delivered:>=2026-07-18');
  expect(of(3, 7)).toBe('delivered:2026-07-13..2026-07-17');
  expect(of(16, null)).toBe('delivered:<=2026-07-04');
  expect(daysLabel({ from_days: 16, to_days: null })).toBe('16 days or more');
});

it('every day has its place', () => {
  expect(perDay([{ date: '2026-07-01', count: 3 }], '2026-07-02', 3)).toEqual([
    { date: '2026-06-30', count: 0 },
    { date: '2026-07-01', count: 3 },
    { date: '2026-07-02', count: 0 },
  ]);
});

it('a number is told beside that of a week ago, which leads to what waited then', () => {
  const trend = (count: number, then: number) =>
    trendOf(count, { count: then, date: '2026-11-20' });
  expect(trend(1_240, 1_216)).toEqual({
    way: 'more',
    change: '24 more than',
    earlier: '1,216 on 20-11-2026',
  });
  expect(trend(0, 6)).toEqual({ way: 'fewer', change: '6 fewer than', earlier: '6 on 20-11-2026' });
  expect(trend(125_000, 0).change).toBe('1,25,000 more than');
  expect(trend(6, 6)).toEqual({
    way: 'same',
    change: 'No change from',
    earlier: '6 on 20-11-2026',
  });
});
