import { expect, it } from 'vitest';
import { COLUMNS } from '../grid/columns';
import {
  type CopyPreset,
  columnsOf,
  copySettingsIn,
  lastPreset,
  withoutPreset,
  withPreset,
} from './presets';

const preset = (name: string): CopyPreset => ({
  name,
  columns: ['customer', 'date'],
  headers: false,
  shape: 'cells',
});

it('are read whatever is there', () => {
  for (const nothing of [null, {}, { copy: 7 }, { copy: { presets: [null, { name: 7 }] } }]) {
    expect(lastPreset(copySettingsIn(nothing)).name).toBe('Register');
  }
});

it('are kept by name, and the last one comes first', () => {
  const one = withPreset(copySettingsIn({}), preset('Mine'));
  expect(lastPreset(one).name).toBe('Mine');
  const two = withPreset(one, { ...preset('Mine'), headers: true });
  expect(two.presets.filter(({ name }) => name === 'Mine')).toEqual([
    { ...preset('Mine'), headers: true },
  ]);
  expect(lastPreset(withoutPreset(two, 'Mine')).name).toBe('Register');
});

it('keep their own order of columns', () => {
  expect(columnsOf(preset('Mine'), COLUMNS).map(({ name }) => name)).toEqual(['customer', 'date']);
  const seen = COLUMNS.filter(({ name }) => name !== 'customer');
  expect(columnsOf(preset('Mine'), seen).map(({ name }) => name)).toEqual(['date']);
});
