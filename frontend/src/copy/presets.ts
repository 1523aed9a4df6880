/** Which columns are copied, as kept with the person's settings under names. */
import type { FieldName } from '../api/types';
import type { Column } from '../grid/columns';

/** `message` is labelled lines for a chat; the others are cells. */
export type Shape = 'cells' | 'message';

export interface CopyPreset {
  name: string;
  columns: FieldName[];
  /** Whether the names of the columns stand above. */
  headers: boolean;
  shape: Shape;
}

export interface CopySettings {
  presets: CopyPreset[];
  /** The one used last, by name. */
  last: string | null;
}

/** Presets kept at most. */
export const MOST_PRESETS = 20;

/** What is there before anybody kept one. */
const FIRST: CopyPreset[] = [
  {
    name: 'Register',
    columns: ['challan_number', 'date', 'customer', 'amount'],
    headers: true,
    shape: 'cells',
  },
  {
    name: 'Message',
    columns: ['challan_number', 'date', 'customer', 'dc_summary'],
    headers: true,
    shape: 'message',
  },
];

const isPreset = (value: unknown): value is CopyPreset => {
  const preset = value as Partial<CopyPreset> | null;
  return typeof preset?.name === 'string' && Array.isArray(preset.columns);
};

/** Reads the settings, whoever wrote them. */
export function copySettingsIn(settings: unknown): CopySettings {
  const copy = (settings as { copy?: Partial<CopySettings> } | null)?.copy;
  const kept = Array.isArray(copy?.presets) ? copy.presets.filter(isPreset) : [];
  const presets = kept.length > 0 ? kept : FIRST;
  return { presets, last: typeof copy?.last === 'string' ? copy.last : null };
}

/** The one to begin with. */
export const lastPreset = ({ presets, last }: CopySettings): CopyPreset =>
  presets.find(({ name }) => name === last) ?? presets[0] ?? (FIRST[0] as CopyPreset);

/** With a preset under its name, in the place of the one that had it. */
export function withPreset(settings: CopySettings, preset: CopyPreset): CopySettings {
  const others = settings.presets.filter(({ name }) => name !== preset.name);
  return { presets: [...others, preset].slice(-MOST_PRESETS), last: preset.name };
}

export const withoutPreset = (settings: CopySettings, name: string): CopySettings => ({
  presets: settings.presets.filter((one) => one.name !== name),
  last: settings.last === name ? null : settings.last,
});

/** The columns of a preset, in its order, less those that this person may not see. */
export const columnsOf = (preset: CopyPreset, columns: Column[]): Column[] =>
  preset.columns.flatMap((name) => columns.find((column) => column.name === name) ?? []);
