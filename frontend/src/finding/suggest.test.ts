import { describe, expect, it } from 'vitest';
import type { Completion } from '../client/tracker';
import { beginsField, byBeginning, openTerms, said, suggestions, typingIn } from './suggest';
import { termsOf, valuesOf } from './terms';

const fields: Completion[] = [
  { field: 'stage', kind: 'choice', values: ['draft', 'delivered', 'dispatched'], example: '' },
  { field: 'customer', kind: 'text', values: ['none', 'any'], example: '' },
  { field: 'source', kind: 'text', values: ['none', 'any'], example: '' },
];
const texts = (text: string, names: string[] = []) =>
  suggestions(text, fields, names).map((one) => one.text);

describe('suggestions', () => {
  it('offer fields, also after a space and a minus', () => {
    expect(texts('')).toEqual(['stage:', 'customer:', 'source:']);
    expect(texts('pipes s')).toEqual(['pipes stage:', 'pipes source:']);
    expect(texts('pipes -cus')).toEqual(['pipes -customer:']);
    expect(texts('"pi')).toEqual([]);
    expect(texts('customer:"Asha Traders"')).toEqual([]);
  });

  it('offer values, those of the server first', () => {
    expect(texts('stage:d')).toEqual(['stage:draft ', 'stage:delivered ', 'stage:dispatched ']);
    expect(texts('stage:draft,de')).toEqual(['stage:draft,delivered ']);
    expect(texts('customer:ash', ['Asha Traders'])).toEqual(['customer:"Asha Traders" ']);
    expect(texts('customer:"asha t', ['Asha Traders'])).toEqual(['customer:"Asha Traders" ']);
    expect(texts('customer:"asha traders', ['Asha Traders'])).toHaveLength(1);
    expect(texts('stage:delivered')).toEqual([]);
    expect(texts('customer:"asha ', ['Asha Traders'])).toEqual(['customer:"Asha Traders" ']);
  });

  it('offer names that begin so before others', () => {
    const names = ['Charan', 'Farah', 'Meena Rao', 'Rahul', 'Ravi'];
    expect(byBeginning(names, 'ra')).toEqual(['Rahul', 'Ravi', 'Meena Rao', 'Charan', 'Farah']);
  });

  it('know what is being typed', () => {
    expect(typingIn('stage:delivered ')).toBeNull();
    expect(typingIn('customer:"A ""B')?.begun).toBe('A "B');
  });

  it('know the beginning of a field from a word', () => {
    const begins = (text: string) => beginsField(text, fields);
    expect(['s', 'pipes Cust', '-stage', 'customer'].map(begins)).toEqual(Array(4).fill(true));
    expect(['', 'sun', 'cust ', 'cust pipes', 'stage:d', '"cust', '(cust'].map(begins)).toEqual(
      Array(7).fill(false),
    );
  });
});

it('says a term in words', () => {
  const words = (q: string) => termsOf(q).map((term) => said(term, valuesOf(term)));
  expect(words('stage:delivered,pod_received age:>7 -pod:yes pipes deleted:any')).toEqual([
    'Stage: Delivered or POD received',
    'Days of waiting: over 7',
    'Signed copy is back is not yes',
    'pipes',
    'In the trash',
  ]);
  expect(words('date:2026-07-01..2026-07-31 delivered:>2026-07 amount:>=124310')).toEqual([
    'Date: 01-07-2026 to 31-07-2026',
    'Delivered on: over 2026-07',
    'Amount in rupees: from 1,24,310',
  ]);
});

describe('openTerms', () => {
  it('finds where the group that is being typed begins', () => {
    const begins = (text: string) => openTerms(text).at;
    expect(begins('stage:del')).toBe(0);
    expect(begins('(stage:del')).toBe(1);
    expect(begins('a -(b OR (c d) sta')).toBe(9);
    expect(begins('customer:"A (B" sta')).toBe(0);
    expect(begins('(a OR b) sta')).toBe(0);
    expect(begins('(a OR b) OR sta')).toBe(12);
    expect(openTerms('(a) (b').isInGroup).toBe(true);
    expect(openTerms('(a) OR b').isInGroup).toBe(false);
  });

  it('offers what goes on there', () => {
    const [inside] = suggestions('pod:none (age:>7 OR stage:del', fields, []);
    expect(inside).toMatchObject({ text: 'pod:none (age:>7 OR stage:delivered ', ends: false });
    const [beside] = suggestions('(age:>7) OR stage:del', fields, []);
    expect(beside).toMatchObject({ text: '(age:>7) OR stage:delivered ', ends: true });
  });
});
