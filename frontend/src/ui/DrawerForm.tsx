import type { FormEvent, KeyboardEvent, ReactNode } from 'react';
import { Failure } from './Field';

interface DrawerFormProps {
  failure: string | null;
  onSubmit: () => void;
  children: ReactNode;
  /** The buttons at the foot. */
  actions: ReactNode;
}

/** A form in a drawer: its fields scroll, its buttons stay at the foot. Ctrl Enter sends it. */
export function DrawerForm({ failure, onSubmit, children, actions }: DrawerFormProps) {
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className="flex-1 min-h-0 flex flex-col" onSubmit={send} onKeyDown={onKeyDown} noValidate>
      <div className="flex-1 min-h-0 overflow-auto p-4 grid grid-cols-[minmax(0,1fr)] content-start gap-4 wrap-anywhere">
        {children}
      </div>
      <footer className="flex-none grid gap-2 p-3 border-t border-line">
        <Failure>{failure}</Failure>
        <div className="flex items-center justify-end gap-2">{actions}</div>
      </footer>
    </form>
  );
}
