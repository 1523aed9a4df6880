import { expect, it } from 'vitest';
import type { AuditEntry } from '../api/rights';
import { changesOf, fieldLabel, sentenceOf } from './audit';

const entry = (change: Partial<AuditEntry>): AuditEntry => ({
  seq: 1,
  at: '2026-07-10T06:34:00Z',
  entity: 'user',
  kind: 'updated',
  by: { id: 'a', name: 'Priya' },
  user: { id: 'r', name: 'ravi@4syz.com' },
  changes: [],
  detail: '',
  ended_sessions: 0,
  via: 'site',
  address: '127.0.0.1',
  ...change,
});

it('says who did what to whom', () => {
  expect(sentenceOf(entry({}))).toEqual({
    who: 'Priya',
    deed: 'changed the account of ravi@4syz.com',
  });
  const self = { by: { id: 'r', name: 'Ravi' } };
  expect(sentenceOf(entry(self)).deed).toBe('changed the account of themselves');
  const failed = { entity: 'sign_in', kind: 'sign_in_failed', by: { id: null, name: '' } };
  expect(sentenceOf(entry(failed))).toEqual({
    who: '',
    deed: 'A sign-in as ravi@4syz.com failed',
  });
});

it('does not call a stranger who forgot a password the program', () => {
  const asked = { entity: 'link', kind: 'reset_requested', by: { id: null, name: '' } };
  expect(sentenceOf(entry(asked)).deed).toBe('A new password was asked for ravi@4syz.com');
});

it('has words for what it does not know yet', () => {
  const made = sentenceOf(
    entry({ entity: 'house', kind: 'sold_twice', by: { id: null, name: '' } }),
  );
  expect(made).toEqual({ who: 'The program', deed: 'sold twice house of ravi@4syz.com' });
  expect([fieldLabel('is_active'), fieldLabel('some_field')]).toEqual([
    'may sign in',
    'some field',
  ]);
});

it('leaves out what a new account was made without', () => {
  const changes = [
    { field: 'first_name', old: '', new: '' },
    { field: 'is_active', old: '', new: 'true' },
  ];
  expect(changesOf(entry({ kind: 'created', changes }))).toEqual([
    { field: 'is_active', old: '', new: 'yes' },
  ]);
  expect(changesOf(entry({ changes }))).toHaveLength(2);
});
