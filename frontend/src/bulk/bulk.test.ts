import { describe, expect, it } from 'vitest';
import { COLUMNS, type Place } from '../grid/columns';
import { RowChoice } from '../grid/rowChoice';
import { hearOf, type Job, later, onJobEnd } from './jobs';
import { editable, type Form, readOrder } from './order';
import { reasonsOf } from './Refusals';

const place: Place = { timeZone: 'Asia/Kolkata', today: '2026-07-10' };
const form: Form = {
  field: 'delivered_at',
  text: '5/7',
  invoiceNumber: ' INV-7 ',
  invoiceDate: '2026-07-09',
  reason: ' sent twice ',
};
const which = { q: 'stage:delivered' };
const read = (action: Parameters<typeof readOrder>[0], part: Partial<Form> = {}) =>
  readOrder(action, which, { ...form, ...part }, editable(COLUMNS), place);

describe('readOrder', () => {
  it('reads a field with its value as typed', () => {
    expect(read('update')).toEqual({
      order: { action: 'update', which, set: { delivered_at: '2026-07-05' } },
    });
    expect(read('update', { text: 'soon' })).toMatchObject({ at: 'text' });
    expect(read('update', { field: 'invoice_number' })).toMatchObject({ at: 'field' });
  });

  it('clears no field that every challan has', () => {
    expect(read('update', { text: '' })).toMatchObject({ order: { set: { delivered_at: null } } });
    expect(read('update', { field: 'date', text: ' ' })).toEqual({
      error: 'This is needed.',
      at: 'text',
    });
    expect(read('update', { field: 'customer', text: '' })).toMatchObject({ at: 'text' });
  });

  it('wants an invoice whole, and a reason for a void', () => {
    expect(read('link_invoice')).toMatchObject({
      order: { set: { invoice_number: 'INV-7', invoice_date: '2026-07-09' } },
    });
    expect(read('link_invoice', { invoiceDate: null })).toMatchObject({ at: 'invoiceDate' });
    expect(read('void')).toMatchObject({ order: { reason: 'sent twice' } });
    expect(read('void', { reason: ' ' })).toMatchObject({ at: 'reason' });
    expect(read('delete')).toEqual({ order: { action: 'delete', which } });
  });
});

describe('later', () => {
  it('never goes back, and ends once', () => {
    const job = later(undefined, { id: 'b', action: 'update', matched: 10, done: 6, changed: 6 });
    const late = later(job, { id: 'b', status: 'running', matched: 10, done: 4, changed: 4 });
    expect(late).toMatchObject({ done: 6, changed: 6, status: 'running' });
    const ended = later(late, { id: 'b', status: 'done', done: 10, changed: 9, refused: 1 });
    expect(later(ended, { id: 'b', status: 'running', done: 11 })).toBe(ended);
  });
});

it('tells of the end of a job once, whatever comes late', () => {
  const ends: Job[] = [];
  const stop = onJobEnd((job) => ends.push(job));
  hearOf({ id: 'j', action: 'update', status: 'running', matched: 2 });
  hearOf({ id: 'j', status: 'done', done: 2, changed: 2 });
  hearOf({ id: 'j', action: 'update', status: 'running', done: 1 });
  hearOf({ id: 'j', status: 'done', done: 2, changed: 2 });
  stop();
  expect(ends).toHaveLength(1);
});

it('puts refusals with the same reason together', () => {
  const refused = [
    { id: 'a', code: 'void', detail: 'A void challan is not changed.' },
    { id: 'b', code: 'invalid', field: 'date', detail: 'Not so early.' },
    { id: 'c', code: 'void', detail: 'A void challan is not changed.' },
  ];
  expect(reasonsOf(refused)).toEqual([
    { reason: 'A void challan is not changed.', ids: ['a', 'c'] },
    { reason: 'Date: Not so early.', ids: ['b'] },
  ]);
});

describe('RowChoice', () => {
  it('is some rows, or all that match', () => {
    const choice = new RowChoice();
    choice.set(['a', 'b'], 4, true);
    choice.set(['c'], 300, true);
    expect(choice.count(1_000)).toBe(3);
    expect(choice.spans(10)).toEqual([
      { top: 4, bottom: 5 },
      { top: 300, bottom: 300 },
    ]);
    choice.set(['a'], 4, false);
    expect(choice.list()).toEqual(['b', 'c']);
    choice.chooseAll();
    expect(choice.has('zzz')).toBe(true);
    expect(choice.count(1_000)).toBe(1_000);
    choice.only(['x']);
    expect(choice.has('zzz')).toBe(false);
  });
});
