import { expect, it } from 'vitest';
import { ProblemError } from '../api/http';
import { reasonsOf } from './useSubmit';

const refused = (fields: Record<string, string[]>) =>
  new ProblemError(422, 'invalid', 'Some fields are wrong.', fields, {});

it('tells each field its reason and says no more where that is all', () => {
  const reasons = reasonsOf(refused({ email: ['No address.', 'Too long.'] }), ['email']);
  expect(reasons).toEqual({ fields: { email: 'No address. Too long.' }, failure: null });
});

it('says aloud what is about a field that the form does not show', () => {
  const reasons = reasonsOf(refused({ grants: ['At most 100 grants.'] }), ['email']);
  expect(reasons.failure).toBe('At most 100 grants.');
});

it('puts a problem without fields at the one that its code is about', () => {
  const wrong = new ProblemError(403, 'wrong_password', 'This is not your password.', {}, {});
  const reasons = reasonsOf(wrong, ['old'], { wrong_password: 'old' });
  expect(reasons).toEqual({ fields: { old: 'This is not your password.' }, failure: null });
});

it('says the sentence of the problem where no field is named', () => {
  expect(reasonsOf(refused({}), ['email']).failure).toBe('Some fields are wrong.');
  expect(reasonsOf(new Error('Gone.'), []).failure).toBe('Gone.');
});
