import { describe, expect, it } from 'vitest';
import { readDraft } from './fields';

const place = { timeZone: 'Asia/Kolkata', today: '2026-07-10' };

describe('readDraft', () => {
  it('sends only what was touched', () => {
    const { changes, errors } = readDraft({ date: '5/7', amount: '1,200', remarks: '' }, place);
    expect(changes).toEqual({ date: '2026-07-05', amount: '1200.00', remarks: null });
    expect(errors).toEqual({});
  });

  it('names each field it cannot read', () => {
    const { errors } = readDraft({ date: 'soon', customer: ' ' }, place);
    expect(Object.keys(errors)).toEqual(['date', 'customer']);
  });
});
