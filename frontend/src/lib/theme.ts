import { useSyncExternalStore } from 'react';
import { keep, kept } from './device';
import { Listeners } from './listeners';

export type Theme = 'light' | 'dark';
/** What the person chose: one of the two, or whatever the device prefers. */
export type ThemeChoice = Theme | 'system';

const KEY = 'theme';
const watchers = new Listeners();
const current = (): Theme => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');
const chosen = (): ThemeChoice => (kept(KEY) as Theme | null) ?? 'system';
const preferred = (): Theme =>
  matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';

function show(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  watchers.tell();
}

/** Shows a theme from now on, also after the page was loaded anew. */
export function chooseTheme(choice: ThemeChoice): void {
  keep(KEY, choice === 'system' ? null : choice);
  show(choice === 'system' ? preferred() : choice);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  if (chosen() === 'system') show(preferred());
});

/** The theme shown and a function that switches to the other; `theme.js` sets the first. */
export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(watchers.subscribe, current);
  return [theme, () => chooseTheme(current() === 'dark' ? 'light' : 'dark')];
}

export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(watchers.subscribe, chosen);
