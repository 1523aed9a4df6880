import { describe, expect, it } from 'vitest';
import { addDays, formatDate, formatMoment, parseDateEntry } from './dates';

const TODAY = '2026-07-10';

describe('parseDateEntry', () => {
  it.each([
    ['5/7', '2026-07-05'],
    ['05-07-26', '2026-07-05'],
    ['5.7.2026', '2026-07-05'],
    ['2026-07-05', '2026-07-05'],
    ['5-Jul-26', '2026-07-05'],
    ['05 July 2026', '2026-07-05'],
    ['5 Sep', '2026-09-05'],
    ['today', '2026-07-10'],
    [' Yesterday ', '2026-07-09'],
    ['tomorrow', '2026-07-11'],
  ])('reads %s as %s', (text, expected) => {
    expect(parseDateEntry(text, TODAY)).toBe(expected);
  });

  it('takes the nearest year where none is given', () => {
    expect(parseDateEntry('28/12', '2026-01-03')).toBe('2025-12-28');
    expect(parseDateEntry('3/1', '2025-12-28')).toBe('2026-01-03');
    expect(parseDateEntry('29/2', '2028-03-01')).toBe('2028-02-29');
  });

  it('refuses what is no date', () => {
    for (const text of ['31/2', '0/5', '5/13', 'soon', '5-ju-26', '5-xyz-26', '', '5/7/126']) {
      expect(parseDateEntry(text, TODAY)).toBeNull();
    }
  });
});

describe('formatting', () => {
  it('shows the civil date of the organisation, not of London', () => {
    expect(formatDate('2026-07-05', 'Asia/Kolkata')).toBe('05-07-2026');
    expect(formatDate('2026-07-04T20:00:00Z', 'Asia/Kolkata')).toBe('05-07-2026');
    expect(formatDate(null, 'Asia/Kolkata')).toBe('');
  });

  it('leaves the date out of a moment of today', () => {
    expect(formatMoment('2026-07-10T06:34:00Z', 'Asia/Kolkata', TODAY)).toBe('12:04');
    expect(formatMoment('2026-07-09T06:34:00Z', 'Asia/Kolkata', TODAY)).toBe('09-07-2026 12:04');
  });

  it('adds days over the end of a month', () => {
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  });
});
