import { expect, it } from 'vitest';
import { safeNext } from '../outside/next';
import { asksForStages, stageIn, withStage } from './filter';

it('reads and sets the stage of a filter and leaves the rest', () => {
  expect(stageIn('acme stage:delivered')).toBe('delivered');
  expect(stageIn('stage:draft,issued')).toBeNull();
  expect(stageIn('backstage:pass')).toBeNull();
  expect(asksForStages('stage:draft,issued') && asksForStages('acme stage:void')).toBe(true);
  expect(asksForStages('backstage:pass -stage:void')).toBe(false);
  expect(withStage('acme stage:delivered age:>7', 'void')).toBe('stage:void acme age:>7');
  expect(withStage('stage:delivered', null)).toBe('');
});

it('follows a sign-in to pages of this site only', () => {
  expect(safeNext('/start/challans?q=x')).toBe('/start/challans?q=x');
  for (const next of [undefined, '//evil.example', '/\\evil.example', 'https://evil.example']) {
    expect(safeNext(next)).toBe('/start/dashboard');
  }
});
