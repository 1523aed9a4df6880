import { type RefObject, useEffect } from 'react';

/** Brings the chosen one of some tabs into view where they do not all fit; `chosen` says when it is another or elsewhere. */
export function useCurrentInView(tabs: RefObject<HTMLElement | null>, chosen: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the choice whose change counts
  useEffect(() => {
    tabs.current
      ?.querySelector('[aria-current]')
      ?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [tabs, chosen]);
}
