import { afterEach, expect, it, vi } from 'vitest';
import { isBefore } from '../live/stream';
import { csrfToken, ProblemError, query, request, requestWhole, UnreachableError } from './http';

afterEach(() => vi.unstubAllGlobals());

const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

it('reads the token of either cookie name, whole', () => {
  expect(csrfToken('a=1; csrftoken=n.h==; b=2')).toBe('n.h==');
  expect(csrfToken('__Host-csrftoken=x')).toBe('x');
  expect(csrfToken('a=1')).toBeNull();
});

it('leaves empty parameters out', () => {
  expect(query({ q: 'a b', sort: '', offset: 0, after: undefined })).toBe('?q=a+b&offset=0');
  expect(query({})).toBe('');
});

it('fetches a fresh token once where the old one was refused', async () => {
  vi.stubGlobal('document', { cookie: 'csrftoken=old' });
  const answers = [
    answer(403, { code: 'csrf_failed', detail: 'old' }),
    answer(200, {}),
    answer(200, { ok: 1 }),
  ];
  const fetched = vi.fn(async () => answers.shift());
  vi.stubGlobal('fetch', fetched);
  await expect(request('POST', '/api/x/', { body: {} })).resolves.toEqual({ ok: 1 });
  expect(fetched).toHaveBeenCalledTimes(3);
});

it('gives problems with their fields, and says when there is no connection', async () => {
  vi.stubGlobal('fetch', async () => answer(422, { detail: 'No.', fields: { date: ['Late.'] } }));
  const problem = await request('GET', '/api/x/').catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(ProblemError);
  expect(problem).toMatchObject({ status: 422, message: 'No.', fields: { date: ['Late.'] } });
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(request('GET', '/api/x/')).rejects.toBeInstanceOf(UnreachableError);
});

it('reads a list to its end where it is needed whole', async () => {
  const answers = [
    answer(200, { results: [1, 2], next: '/api/x/?cursor=2', previous: null }),
    answer(200, { results: [3], next: null, previous: '/api/x/?cursor=b3' }),
  ];
  const fetched = vi.fn(async () => answers.shift());
  vi.stubGlobal('fetch', fetched);
  await expect(requestWhole('/api/x/')).resolves.toEqual({ results: [1, 2, 3] });
  expect(fetched.mock.calls.map(([path]: unknown[]) => path)).toEqual([
    '/api/x/',
    '/api/x/?cursor=2',
  ]);
});

it('orders places of one log only', () => {
  expect(isBefore('e:9', 'e:10')).toBe(true);
  expect(isBefore('e:10', 'e:10')).toBe(false);
  expect(isBefore('old:1', 'e:10')).toBe(false);
  expect(isBefore(null, 'e:10')).toBe(false);
});
