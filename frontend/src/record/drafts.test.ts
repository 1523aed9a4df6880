import { describe, expect, it } from 'vitest';
import type { Challan } from '../api/types';
import { differing, draftOf, dropDraft, keepDraft, recordsDrafted, typedSince } from './drafts';

const place = { timeZone: 'Asia/Kolkata', today: '2026-07-10' };
const unsaved = { draft: { remarks: 'x' }, base: 3, at: '2026-07-10T06:34:00Z' };

describe('drafts', () => {
  it('are given back to who typed them, with the version they were made from', () => {
    keepDraft('asha', 'one', unsaved);
    expect(draftOf('asha', 'one')).toEqual(unsaved);
    expect(draftOf('asha', 'two')).toBeNull();
    expect(draftOf('ravi', 'one')).toBeNull();
    dropDraft('asha', 'one');
    expect(draftOf('asha', 'one')).toBeNull();
  });

  it('are told by person', () => {
    keepDraft('asha', 'one', unsaved);
    keepDraft('asha', 'new', unsaved);
    keepDraft('ashaben', 'one', unsaved);
    expect(recordsDrafted('asha').sort()).toEqual(['new', 'one']);
    dropDraft('asha', 'one');
    dropDraft('asha', 'new');
    expect(recordsDrafted('asha')).toEqual([]);
    expect(recordsDrafted('ashaben')).toEqual(['one']);
    dropDraft('ashaben', 'one');
  });
});

describe('differing', () => {
  it('leaves out what the record says by now, and what is hidden of it', () => {
    const record = { remarks: 'x', amount: '1200.00', date: '2026-07-05', hidden: ['customer'] };
    const draft = { remarks: 'x', amount: '1,200.00', date: '06-07-2026', customer: 'Asha' };
    expect(differing(draft, record as Challan, place)).toEqual({ date: '06-07-2026' });
  });
});

describe('typedSince', () => {
  it('keeps what was typed while the rest was being saved', () => {
    const sent = { remarks: 'x', amount: '5' };
    expect(typedSince({ remarks: 'x and y', amount: '5', date: 't' }, sent)).toEqual({
      remarks: 'x and y',
      date: 't',
    });
    expect(typedSince(sent, sent)).toEqual({});
  });
});
