import { expect, it } from 'vitest';
import { numberOf } from './numbers';

it('shows what a template makes', () => {
  expect(numberOf('{YY}{MM}{SEQ:5}', '2026-07-05', 1)).toBe('260700001');
  expect(numberOf('DC/{FY}/{SEQ:4}', '2027-03-31', 12)).toBe('DC/2627/0012');
  expect(numberOf('{YYYY}-{SEQ:3}', '2026-07-05', 7)).toBe('2026-007');
});

it('shows nothing for what is no template', () => {
  for (const wrong of ['', '{YY}', '{SEQ:3}{SEQ:3}', 'dc{SEQ:3}', '{DD}{SEQ:3}', '{SEQ:16}1']) {
    expect(numberOf(wrong, '2026-07-05', 1), wrong).toBeNull();
  }
});
