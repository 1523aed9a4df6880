import type { ReactNode } from 'react';

/** What stands above a list: its search or a sentence, and its buttons. */
export function Toolbar({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-none flex-wrap items-center gap-x-3 gap-y-2 min-h-12 max-md:min-h-15 py-2 px-3 border-b border-line bg-surface">
      {children}
    </div>
  );
}
