import { describe, expect, it } from 'vitest';
import type { FieldName } from '../api/types';
import { marksOf } from './marks';

/** The text with what is marked between brackets. */
function shown(q: string, column: FieldName, text: string): string {
  let out = '';
  let at = 0;
  for (const [from, to] of marksOf(q)?.(column, text) ?? []) {
    out += `${text.slice(at, from)}[${text.slice(from, to)}]`;
    at = to;
  }
  return out + text.slice(at);
}

describe('marksOf', () => {
  it('is nothing where there are no words', () => {
    for (const q of [
      '',
      'stage:draft',
      '-pipes',
      'customer:"Asha Traders"',
      'remarks:none',
      '-(a b)',
    ])
      expect(marksOf(q), q).toBeNull();
  });

  it.each([
    ['pipe', 'Steel pipes, copper PIPE', 'Steel [pipe]s, copper [PIPE]'],
    ['ipe', 'Steel pipes', 'Steel pipes'],
    ['steel pip', 'Steel pipes', '[Steel] [pip]es'],
    ['"steel pipe"', 'steel pipe, steel pipes', '[steel pipe], steel pipes'],
    ['4x6', 'Bolts 4x6', 'Bolts [4x6]'],
    ['pipes -steel', 'Steel pipes', 'Steel [pipes]'],
    ['(pipes OR bolts) stage:draft', 'pipes and bolts', '[pipes] and [bolts]'],
    ['pipes OR bolts', 'pipes and bolts', '[pipes] and [bolts]'],
    ['or', 'or OR order', '[or] [OR] [or]der'],
    ['asha*', 'Ashas', '[Asha]s'],
    ['pi pipe', 'pipes', '[pipe]s'],
    ['one-two', 'One  two, one three', '[One  two], one three'],
    ['a.b', 'a\nb', '[a\nb]'],
  ])('%s in %s', (q, text, wanted) => {
    expect(shown(q, 'dc_summary', text)).toBe(wanted);
  });

  it('compares without case, accents and width, and shows the text as it is', () => {
    expect(shown('muller', 'customer', 'Fa. Mu\u0308ller & Müllers')).toBe(
      'Fa. [Mu\u0308ller] & [Müller]s',
    );
    expect(shown('MÜLLER', 'customer', 'Muller')).toBe('[Muller]');
    expect(shown('office', 'customer', 'The oﬃce')).toBe('The [oﬃce]');
    expect(shown('abc', 'customer', 'ＡＢＣ Ltd')).toBe('[ＡＢＣ] Ltd');
    expect(shown('οδος', 'customer', 'ΟΔΟΣ')).toBe('[ΟΔΟΣ]');
    expect(shown('आशा', 'customer', 'श्री आशा ट्रेडर्स')).toBe('श्री [आशा] ट्रेडर्स');
    // A vowel sign belongs to its letter.
    expect(shown('आश', 'remarks', 'आशा 2')).toBe('[आशा] 2');
    expect(shown('x', 'customer', '😀 x')).toBe('😀 [x]');
  });

  it('finds a part of a number, not of a text', () => {
    expect(shown('0042', 'challan_number', '260700042')).toBe('26070[0042]');
    expect(shown('42', 'challan_number', '260700042')).toBe('260700042');
    expect(shown('26', 'challan_number', '260700042')).toBe('[26]0700042');
    expect(shown('v-7/26', 'invoice_number', 'INV-7/26-1')).toBe('IN[V-7/26]-1');
    expect(shown('"0042"', 'challan_number', '260700042')).toBe('260700042');
    expect(shown('0042', 'dc_summary', '260700042')).toBe('260700042');
  });

  it('keeps the words of a field to its column', () => {
    expect(shown('remarks:gate,"at noon"', 'remarks', 'Gate 2 at noon')).toBe('[Gate] 2 [at noon]');
    expect(shown('remarks:gate', 'dc_summary', 'Gate')).toBe('Gate');
    expect(shown('summary:gate', 'dc_summary', 'Gate')).toBe('[Gate]');
    expect(shown('gate', 'received_by', 'Gate')).toBe('Gate');
  });

  it('takes any text as a filter', () => {
    for (const q of [
      '"',
      '(',
      ')',
      '(((',
      '"""',
      'a"b',
      '-',
      '\\',
      '[a',
      'a+b',
      '.*',
      '$^',
      ':x',
      '((a OR',
      '…..…',
    ])
      expect(() => marksOf(q)?.('challan_number', 'a b (c'), q).not.toThrow();
  });
});
