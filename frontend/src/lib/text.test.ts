import { describe, expect, it } from 'vitest';
import { parseAmountEntry } from './text';

describe('parseAmountEntry', () => {
  it('reads amounts as they are written in India and elsewhere', () => {
    const read = ['124310.5', '1,24,310.50', '₹ 500', '1,234', '12,34,567', '1,234,567.', '0'];
    const amounts = [
      '124310.50',
      '124310.50',
      '500.00',
      '1234.00',
      '1234567.00',
      '1234567.00',
      '0.00',
    ];
    expect(read.map(parseAmountEntry)).toEqual(amounts);
    expect(parseAmountEntry('9,99,99,99,99,999.99')).toBe('999999999999.99');
  });

  it('takes no comma for a point, and no slip for an amount', () => {
    const wrong = [
      '12,34',
      '1,2,3',
      '1,24,31',
      ',500',
      '1,,234',
      '1.234,50',
      '1,2345',
      '',
      '12.345',
      '-5',
    ];
    expect(wrong.map(parseAmountEntry)).toEqual(wrong.map(() => null));
    expect(parseAmountEntry('1234567890123')).toBeNull();
  });
});
