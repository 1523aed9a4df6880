import { expect, it } from 'vitest';
import { parseTsv } from './table';

it('reads rows and columns, and the break at the end begins no row', () => {
  expect(parseTsv('a\tb\r\nc\td\r\n')).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  expect(parseTsv('a\t\n\tb')).toEqual([
    ['a', ''],
    ['', 'b'],
  ]);
  expect(parseTsv('')).toEqual([]);
  expect(parseTsv('x\ry')).toEqual([['x'], ['y']]);
});

it('reads quoted fields with tabs, breaks and quotes', () => {
  expect(parseTsv('"Pipes ""GI""\nand\tvalves"\t1')).toEqual([['Pipes "GI"\nand\tvalves', '1']]);
  expect(parseTsv('""\tb')).toEqual([['', 'b']]);
});

it('takes a quote that nothing closes as one of the text', () => {
  expect(parseTsv('"5 inch\tb\nc\td')).toEqual([
    ['"5 inch', 'b'],
    ['c', 'd'],
  ]);
  expect(parseTsv('5" pipe\tb')).toEqual([['5" pipe', 'b']]);
});
