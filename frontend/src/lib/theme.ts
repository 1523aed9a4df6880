import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const watchers = new Set<() => void>();
const current = (): Theme => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');

const watch = (watcher: () => void) => {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
};

/** The theme shown and a function that switches to the other; `theme.js` sets the first. */
export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(watch, current);
  const toggle = () => {
    const next: Theme = current() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('theme', next);
    } catch {
      // Storage may be blocked; the choice then lasts as long as the page.
    }
    for (const watcher of watchers) watcher();
  };
  return [theme, toggle];
}
