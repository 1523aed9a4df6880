import { expect, it } from 'vitest';
import { parseSources, scopeLabel } from './keys';

it('reads sources as they are typed', () => {
  expect(parseSources(' erp, zoho,,erp\nwarehouse ')).toEqual(['erp', 'zoho', 'warehouse']);
  expect(parseSources(' , ')).toBeNull();
});

it('names scopes, and shows one that it does not know as it is', () => {
  expect(scopeLabel('ingest:write')).toBe('Send challans');
  expect(scopeLabel('other:thing')).toBe('other:thing');
});
