import { useSyncExternalStore } from 'react';

let message = '';
const watchers = new Set<() => void>();

/** Says something to people who listen to the page: sorts, counts, conflicts; never every edit. */
export function announce(text: string): void {
  // The same text twice is only read out again if it differs.
  message = text === message ? `${text}\u00a0` : text;
  for (const watcher of watchers) watcher();
}

export function LiveRegion() {
  const text = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
      };
    },
    () => message,
  );
  return (
    <div aria-live="polite" role="status" className="sr-only">
      {text}
    </div>
  );
}
