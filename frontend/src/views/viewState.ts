/** What a saved view holds: the filter, the order, and how the columns stand. */
import type { FieldName } from '../api/types';
import type { Column } from '../grid/columns';

export type Density = 'compact' | 'default' | 'comfortable';

/** Heights of a row, px. */
export const ROW_HEIGHTS: Record<Density, number> = { compact: 28, default: 32, comfortable: 40 };
export const DENSITIES = Object.keys(ROW_HEIGHTS) as Density[];

/** Widths that a column may have, px. */
export const NARROWEST = 56;
export const WIDEST = 640;

/** How one column differs from what it is without a view. */
export interface ColumnSetting {
  name: FieldName;
  width?: number;
  hidden?: boolean;
  pinned?: boolean;
}

export interface Layout {
  /** In their order; a column that is not named stands behind, as it is. */
  columns: ColumnSetting[];
  density: Density;
}

export interface ViewState extends Layout {
  q: string;
  sort: string;
}

export const PLAIN: Layout = { columns: [], density: 'default' };

/** Reads a layout that an older edition, or nobody, wrote. */
export function layoutIn(state: Partial<ViewState> | undefined): Layout {
  const columns = Array.isArray(state?.columns) ? state.columns : [];
  const density = state?.density && state.density in ROW_HEIGHTS ? state.density : 'default';
  return { columns: columns.filter((one) => typeof one?.name === 'string'), density };
}

const clamp = (width: number) => Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));

/** Every column with its setting, in the order of the layout; hidden ones too. */
export function settingsOf(columns: Column[], layout: Layout): Required<ColumnSetting>[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const named = layout.columns.filter(({ name }) => byName.has(name));
  const known = new Set(named.map(({ name }) => name));
  const rest = columns.filter(({ name }) => !known.has(name)).map(({ name }) => ({ name }));
  return [...named, ...rest].map((setting: ColumnSetting) => ({
    name: setting.name,
    width: clamp(setting.width ?? byName.get(setting.name)?.width ?? NARROWEST),
    hidden: setting.hidden === true,
    pinned: setting.pinned ?? byName.get(setting.name)?.pinned ?? false,
  }));
}

/** The columns as they are shown: pinned ones first, hidden ones not at all. */
export function arranged(columns: Column[], layout: Layout): Column[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const shown = settingsOf(columns, layout).flatMap(({ name, width, hidden, pinned }) => {
    const column = byName.get(name);
    return column && !hidden ? [{ ...column, width, pinned }] : [];
  });
  return [...shown.filter(({ pinned }) => pinned), ...shown.filter(({ pinned }) => !pinned)];
}

/** A layout in which one column is set anew. */
export function withColumn(columns: Column[], layout: Layout, change: ColumnSetting): Layout {
  const settings = settingsOf(columns, layout).map((setting) =>
    setting.name === change.name ? { ...setting, ...change } : setting,
  );
  return { ...layout, columns: settings };
}

/** A layout in which a column stands `by` places further on. */
export function movedBy(columns: Column[], layout: Layout, name: FieldName, by: number): Layout {
  const settings = settingsOf(columns, layout);
  const from = settings.findIndex((setting) => setting.name === name);
  const to = from + by;
  const moved = settings[from];
  if (!moved || to < 0 || to >= settings.length) return layout;
  settings.splice(from, 1);
  settings.splice(to, 0, moved);
  return { ...layout, columns: settings };
}

/** A layout in which a column stands where another stood; what lay between moves up. */
export function movedTo(
  columns: Column[],
  layout: Layout,
  name: FieldName,
  place: FieldName,
): Layout {
  const order = settingsOf(columns, layout).map((setting) => setting.name);
  return movedBy(columns, layout, name, order.indexOf(place) - order.indexOf(name));
}

/** Whether two layouts show the same. */
export const sameLayout = (columns: Column[], a: Layout, b: Layout): boolean =>
  a.density === b.density &&
  JSON.stringify(settingsOf(columns, a)) === JSON.stringify(settingsOf(columns, b));
