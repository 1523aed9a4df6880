import { describe, expect, it } from 'vitest';
import type { Grant } from '../api/people';
import { blocksOf, doubtsOf, endOfDay, grantsOf, listed, newBlock, sentencesOf } from './grants';

const KOLKATA = 'Asia/Kolkata';
const words = { timeZone: KOLKATA, labelOf: (name: string) => name.toUpperCase() };
const grant = (permission: string, change: Partial<Grant> = {}): Grant => ({
  permission,
  scope: null,
  hidden_columns: [],
  expires_at: null,
  ...change,
});
const own = { own_deliveries: true as const };

describe('endOfDay', () => {
  it('is the midnight after the day, in the place', () => {
    expect(endOfDay('2026-12-31', KOLKATA)).toBe('2026-12-31T18:30:00.000Z');
    expect(endOfDay('2026-12-31', 'UTC')).toBe('2027-01-01T00:00:00.000Z');
    // The night in which clocks are put forward.
    expect(endOfDay('2026-03-28', 'Europe/Berlin')).toBe('2026-03-28T23:00:00.000Z');
    expect(endOfDay('2026-03-29', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z');
  });
});

describe('blocks', () => {
  it('gather what has the same limits and give the same grants back', () => {
    const expires_at = endOfDay('2026-12-31', KOLKATA);
    const grants = [
      grant('challan:read', { scope: own, hidden_columns: ['amount'] }),
      grant('challan:update', { scope: own, hidden_columns: ['amount'] }),
      grant('file:upload', { scope: own }),
      grant('challan:export', { expires_at }),
      grant('audit:read'),
    ];
    const blocks = blocksOf(grants, KOLKATA);
    expect(blocks.map(({ permissions }) => permissions)).toEqual([
      ['challan:read', 'challan:update', 'file:upload', 'audit:read'],
      ['challan:export'],
    ]);
    expect(blocks[1]?.until).toBe('2026-12-31');
    const back = grantsOf(blocks, KOLKATA);
    expect(new Set(back.map((g) => JSON.stringify(g)))).toEqual(
      new Set(grants.map((g) => JSON.stringify(g))),
    );
  });

  it('keep the instant at which a grant ends until its day is changed', () => {
    const noon = '2026-12-31T06:30:00.000Z';
    const [block] = blocksOf([grant('challan:read', { expires_at: noon })], KOLKATA);
    if (!block) throw new Error('no block');
    expect(grantsOf([block], KOLKATA)[0]?.expires_at).toBe(noon);
    const moved = { ...block, until: '2027-01-01' };
    expect(grantsOf([moved], KOLKATA)[0]?.expires_at).toBe('2027-01-01T18:30:00.000Z');
  });

  it('keep two grants of one permission apart', () => {
    const two = [
      grant('challan:read', { scope: { customers: ['a'] } }),
      grant('challan:read', { scope: own }),
    ];
    expect(blocksOf(two, KOLKATA)).toHaveLength(2);
  });
});

describe('sentences', () => {
  it('say what, of which rows, without what, until when', () => {
    const block = {
      ...newBlock(),
      permissions: ['challan:read', 'challan:create', 'challan:update', 'file:upload'],
      scope: own,
      hidden: ['amount', 'invoice_number'],
      until: '2026-12-31',
    };
    expect(sentencesOf(block, words)).toEqual([
      'May see, add and change challans they deliver themselves, without AMOUNT and INVOICE_NUMBER, until 31-12-2026.',
      'May upload files of their own deliveries, until 31-12-2026.',
    ]);
  });
  it('end in one full stop, also after a column that has one', () => {
    const block = { ...newBlock(), permissions: ['challan:read'], hidden: ['invoice_number'] };
    const named = { ...words, labelOf: () => 'Invoice no.' };
    expect(sentencesOf(block, named)).toEqual([
      'May see challans of every customer, without Invoice no.',
    ]);
  });
  it('name no rows where there are none', () => {
    expect(sentencesOf({ ...newBlock(), permissions: ['audit:read'] }, words)).toEqual([
      'May read who did what.',
    ]);
    expect(sentencesOf({ ...newBlock(), permissions: ['challan:read'] }, words)).toEqual([
      'May see challans of every customer.',
    ]);
  });
  it('list with "and"', () => {
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
  });
});

it('tells of rights that reach nothing', () => {
  const block = { ...newBlock(), permissions: ['challan:update'], scope: own };
  expect(doubtsOf([block], null)).toHaveLength(2);
  expect(doubtsOf([{ ...block, permissions: ['challan:read'] }], 'Ravi')).toEqual([]);
});
