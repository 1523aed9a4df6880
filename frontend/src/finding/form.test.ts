import { describe, expect, it } from 'vitest';
import { besides, countAsked, read, withAsked, withoutAsked } from './form';

const asked = (q: string) => read(q).asked;

describe('read', () => {
  it('knows each field, also by the name of its column', () => {
    const q =
      'customer:"Asha Traders",girnar stage:delivered,Issued executives:ravi delivered_at:any ' +
      'proof_of_delivery:no invoice_submission:yes amount:1000..2000 invoice_date:this-month date:2026-07-05';
    expect(asked(q)).toEqual({
      customer: ['Asha Traders', 'girnar'],
      stage: ['delivered', 'issued'],
      executive: ['ravi'],
      delivered: { word: 'any' },
      pod: false,
      submitted: true,
      amount: { from: '1000', to: '2000' },
      invoice_date: { word: 'this-month' },
      date: { from: '2026-07-05', to: '2026-07-05' },
    });
    expect(countAsked(q)).toBe(9);
  });

  it.each([
    ['2026-07', '2026-07-01', '2026-07-31'],
    ['2024-02', '2024-02-01', '2024-02-29'],
    ['2026-12', '2026-12-01', '2026-12-31'],
    ['2026', '2026-01-01', '2026-12-31'],
    ['fy2026-27', '2026-04-01', '2027-03-31'],
    ['05-07-2026', '2026-07-05', '2026-07-05'],
    ['2026-07-01..2026-07', '2026-07-01', '2026-07-31'],
    ['2026-07..', '2026-07-01', null],
    ['>=2026-07', '2026-07-01', null],
    ['>2026-07', '2026-08-01', null],
    ['<=2026-07', null, '2026-07-31'],
    ['<2026-07', null, '2026-06-30'],
  ])('knows the days of %s', (text, from, to) => {
    expect(asked(`date:${text}`).date).toEqual({ from, to });
  });

  it('takes two ends that stand apart as one stretch', () => {
    const { asked: both, places } = read('date:>=2026-07-01 pipes date:<=2026-07-05');
    expect(both.date).toEqual({ from: '2026-07-01', to: '2026-07-05' });
    expect(places.date).toHaveLength(2);
    expect(asked('date:>=2026-07-01 date:>=2026-07-05').date).toEqual({
      from: '2026-07-01',
      to: null,
    });
  });

  it('knows amounts to the paisa', () => {
    expect(asked('amount:>50000').amount).toEqual({ from: '50000.01', to: null });
    expect(asked('amount:<1000.50').amount).toEqual({ from: null, to: '1000.49' });
    expect(asked('amount:<0').amount).toBeNull();
  });

  it.each([
    '-stage:void',
    'stage:nonsense',
    'date:soon',
    'date:2026-02-30',
    'date:fy2026-28',
    'date:2026-07,2026-05',
    'date:today..2026-07-05',
    'customer:asha*',
    'customer:none',
    'customer:"open',
    'pod:yes,no',
    'amount:any',
    'amount:..',
    '(stage:draft)',
    'stage:draft OR pipes',
    'remarks:gate',
    'pipes',
  ])('leaves %s alone', (q) => {
    expect(countAsked(q)).toBe(0);
    expect(besides(q).map(({ text }) => text)).toEqual([q]);
  });
});

describe('withAsked', () => {
  it('writes what is read back the same', () => {
    const days = { from: '2026-07-01', to: null };
    expect(withAsked('', 'date', days)).toBe('date:>=2026-07-01');
    expect(withAsked('', 'date', { from: null, to: '2026-07-05' })).toBe('date:<=2026-07-05');
    expect(withAsked('', 'delivered', { word: 'none' })).toBe('delivered:none');
    expect(withAsked('', 'amount', { from: '5', to: '5' })).toBe('amount:5');
    expect(withAsked('', 'pod', false)).toBe('pod:no');
    const names = ['Asha "A", B', 'none', 'Girnar'];
    expect(asked(withAsked('', 'customer', names)).customer).toEqual(names);
  });

  it('changes its own term where it stands and nothing else', () => {
    const q = 'pipes  executives:ravi -stage:void date:this-month "two words"';
    expect(withAsked(q, 'date', { from: '2026-07-01', to: '2026-07-31' })).toBe(
      'pipes executives:ravi -stage:void date:2026-07-01..2026-07-31 "two words"',
    );
    expect(withAsked(q, 'stage', ['draft'])).toBe(
      'pipes executives:ravi -stage:void date:this-month "two words" stage:draft',
    );
    expect(withAsked(q, 'date', null)).toBe('pipes executives:ravi -stage:void "two words"');
  });

  it('makes one term of two ends, and keeps what it cannot show', () => {
    const apart = 'date:>=2026-07-01 pipes date:<=2026-07-05';
    expect(withAsked(apart, 'date', { from: '2026-07-02', to: '2026-07-05' })).toBe(
      'date:2026-07-02..2026-07-05 pipes',
    );
    expect(withAsked('stage:draft OR pipes', 'pod', true)).toBe('(stage:draft OR pipes) pod:yes');
    expect(withAsked('customer:asha*', 'customer', ['Girnar'])).toBe(
      'customer:asha* customer:Girnar',
    );
  });

  it('takes away what the form shows, and only that', () => {
    expect(withoutAsked('pipes pod:no customer:asha* date:<2026-07 -pod:yes')).toBe(
      'pipes customer:asha* -pod:yes',
    );
  });
});
