import { describe, expect, it } from 'vitest';
import { chosenIn, termsOf, toggled, valuesOf, without, withTerm, written } from './terms';

const texts = (q: string) => termsOf(q).map(({ text }) => text);

describe('termsOf', () => {
  it('knows quotation marks, groups and negation', () => {
    const q = 'customer:"Asha Traders",girnar -stage:void (amount:>50000 OR invoice:any) pipes';
    expect(texts(q)).toEqual([
      'customer:"Asha Traders",girnar',
      '-stage:void',
      '(amount:>50000 OR invoice:any)',
      'pipes',
    ]);
    expect(termsOf(q)[1]).toMatchObject({ negated: true, field: 'stage', value: 'void' });
  });

  it('takes alternatives as one', () => {
    expect(texts('a OR stage:void')).toEqual(['a OR stage:void']);
    expect(withTerm('a OR b', 'pod:no')).toBe('(a OR b) pod:no');
  });

  it('passes over the signs of a name', () => {
    expect(texts('Rao & Co - Traders')).toEqual(['Rao', 'Co', 'Traders']);
    expect(texts('& Co')).toEqual(['&', 'Co']);
  });

  it('survives what is not finished', () => {
    expect(texts('customer:"Asha Tr')).toEqual(['customer:"Asha Tr']);
    expect(texts('(a b')).toEqual(['(a b']);
    expect(texts('-')).toEqual(['-']);
  });
});

describe('values', () => {
  it('are read and written as they are meant', () => {
    const [term] = termsOf('customer:"A ""B"", C",d');
    expect(term && valuesOf(term)).toEqual(['A "B", C', 'd']);
    expect(written('A "B"')).toBe('"A ""B"""');
    expect(written('none')).toBe('"none"');
    expect(written('Müller-7')).toBe('Müller-7');
    expect(written('a..b')).toBe('"a..b"');
  });

  it('of a comparison may be an amount in groups', () => {
    const values = (q: string) => termsOf(q).flatMap(valuesOf);
    expect(values('amount:>1,24,310')).toEqual(['>124310']);
    expect(values('amount:50,000..1,00,000.50')).toEqual(['50000..100000.50']);
    expect(values('amount:1,24,310')).toEqual(['1', '24', '310']);
    expect(values('age:>7,300')).toEqual(['>7', '300']);
  });

  it('are toggled', () => {
    expect(toggled('pipes', 'customer', 'Asha Traders')).toBe('customer:"Asha Traders" pipes');
    const two = toggled('customer:"Asha Traders" pipes', 'customer', 'Girnar');
    expect(two).toBe('customer:"Asha Traders",Girnar pipes');
    expect(toggled(two, 'customer', 'asha traders')).toBe('customer:Girnar pipes');
    expect(toggled('customer:Girnar pipes', 'customer', 'Girnar')).toBe('pipes');
    expect(toggled('', 'age', '>=16', true)).toBe('age:>=16');
    expect(chosenIn('-stage:void stage:draft', 'stage')).toEqual(['draft']);
  });

  it('leave with their term', () => {
    expect(without('stage:draft pipes', 0)).toBe('pipes');
  });
});
