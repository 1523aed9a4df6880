import { X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

interface DrawerProps {
  title: string;
  /** Whether its content is there; then its first field takes the focus. */
  ready: boolean;
  /** Whether the panel itself takes the focus, so that single keys go on to the next one. */
  isPassing?: boolean;
  /** What stands beside the title. */
  mark?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** A panel beside the list, over it on narrow screens, the whole screen on phones. */
export function Drawer({ title, ready, isPassing = false, mark, onClose, children }: DrawerProps) {
  const drawer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => {
    if (isPassing) drawer.current?.focus();
    else if (ready) {
      const field = 'form :is(input, select, textarea):not(:disabled)';
      // Where nothing can be typed, the panel: its keys are not those of the list.
      (drawer.current?.querySelector<HTMLElement>(field) ?? drawer.current)?.focus();
    }
  }, [ready, isPassing]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  return (
    <div
      ref={drawer}
      role="dialog"
      aria-label={title}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      className="drawer outline-none flex flex-col flex-none w-[440px] bg-surface border-l border-line-strong max-xl:fixed max-xl:inset-y-0 max-xl:right-0 max-xl:z-30 max-xl:shadow-[-16px_0_40px_-16px_rgb(0_0_0/0.3)] max-md:w-full max-md:border-0"
    >
      <header className="flex flex-none items-center gap-2 h-12 max-md:h-14 pl-4 pr-2 border-b border-line">
        <h2 className="text-base font-semibold flex-1 truncate">{ready ? title : 'Loading…'}</h2>
        {mark}
        <button type="button" className="btn ghost icon" aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      {children}
    </div>
  );
}

/** The look of a tab in a drawer. */
export const TAB =
  'h-9 max-md:h-11 px-2 -mb-px border-b-2 border-transparent text-ink-2 data-[active]:border-accent data-[active]:text-ink data-[active]:font-medium';
