import { Toast } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';

const manager = Toast.createToastManager();

/** Shows one line at the bottom; with `action` it stays 8 s and offers a button. */
export function toast(
  title: string,
  action?: { label: string; run: () => void },
  id?: string,
): void {
  manager.add({
    id,
    title,
    timeout: action ? 8_000 : 4_000,
    actionProps: action ? { children: action.label, onClick: action.run } : undefined,
  });
}

/** Takes its button from a line that is perhaps shown still. */
export const withoutAction = (id: string): void => manager.update(id, { actionProps: undefined });

function Toasts() {
  const { toasts } = Toast.useToastManager();
  return (
    <Toast.Portal>
      <Toast.Viewport className="toasts fixed z-50 bottom-10 max-md:bottom-20 left-1/2 -translate-x-1/2 w-[min(440px,calc(100vw-24px))] outline-none">
        {toasts.map((shown) => (
          <Toast.Root
            key={shown.id}
            toast={shown}
            className="floating flex items-center gap-3 pl-4 pr-2 py-1 min-h-11 mt-2 data-[limited]:hidden"
          >
            <Toast.Title
              className="flex-1 min-w-0 truncate font-normal"
              title={String(shown.title)}
            />
            {shown.actionProps && <Toast.Action className="btn ghost text-accent" />}
            <Toast.Close aria-label="Dismiss" className="btn ghost icon">
              <X size={14} aria-hidden />
            </Toast.Close>
          </Toast.Root>
        ))}
      </Toast.Viewport>
    </Toast.Portal>
  );
}

export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      {children}
      <Toasts />
    </Toast.Provider>
  );
}
