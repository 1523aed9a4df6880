import { useSyncExternalStore } from 'react';
import { Listeners } from './listeners';

let message = '';
const watchers = new Listeners();

/** Says something to people who listen to the page: sorts, counts, conflicts; never every edit. */
export function announce(text: string): void {
  // The same text twice is only read out again if it differs.
  message = text === message ? `${text}\u00a0` : text;
  watchers.tell();
}

export function LiveRegion() {
  const text = useSyncExternalStore(watchers.subscribe, () => message);
  return (
    <div aria-live="polite" role="status" className="sr-only">
      {text}
    </div>
  );
}
