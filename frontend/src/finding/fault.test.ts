import { expect, test } from 'vitest';
import { partsOf } from './fault';

test('the word of a mistake is marked, a blank and the end by a sign of their own', () => {
  expect(partsOf('foo:bar', 1)).toEqual(['', 'foo', ':bar']);
  expect(partsOf('pipes date:soon stage:void', 12)).toEqual(['pipes date:', 'soon', ' stage:void']);
  expect(partsOf('Asha - Traders', 6)).toEqual(['Asha ', '-', ' Traders']);
  expect(partsOf('Asha - Traders', 7)).toEqual(['Asha -', '␣', 'Traders']);
  expect(partsOf('a OR', 5)).toEqual(['a OR', '␣', '']);
  expect(partsOf('(a', 99)).toEqual(['(a', '␣', '']);
  expect(partsOf('stage:,x', 7)).toEqual(['stage:', ',', 'x']);
  // Places are counted in characters, not in the halves of them.
  expect(partsOf('😀 foo:1', 3)).toEqual(['😀 ', 'foo', ':1']);
});

test('a long filter is cut around it', () => {
  const long = `${'x'.repeat(100)} foo:1 ${'y'.repeat(100)}`;
  const [before, wrong, after] = partsOf(long, 102);
  expect([before.length, wrong, after.length]).toEqual([61, 'foo', 61]);
  expect(before.startsWith('…') && after.endsWith('…')).toBe(true);
});
