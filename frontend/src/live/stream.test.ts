import { expect, it } from 'vitest';
import { addressOf, moveOf } from './stream';

it('says where a change puts a row', () => {
  expect(moveOf({})).toBe('unknown');
  expect(moveOf({ in: [0, 1], was: [1] })).toBe('enters');
  expect(moveOf({ in: [1], was: [0, 1] })).toBe('leaves');
  expect(moveOf({ in: [0, 1], was: [0, 1] })).toBe('stays');
  expect(moveOf({ in: [1], was: [1] })).toBe('stays');
});

it('asks for the filter and for all the rest', () => {
  expect(addressOf(null, null)).toBe('/api/stream/');
  expect(addressOf('e:7', 'a b')).toBe('/api/stream/?after=e%3A7&q=a+b&q=');
});
