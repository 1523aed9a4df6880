import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useRef } from 'react';

interface ModalProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** What has the focus first; else the first control of the content. */
  focus?: RefObject<HTMLElement | null>;
}

/** A dialog in the middle, for a short task; Escape and the cross leave it. */
export function Modal({ title, onClose, children, focus }: ModalProps) {
  const content = useRef<HTMLDivElement>(null);
  // Not the cross, which Enter would then press.
  const first = () =>
    focus?.current ??
    content.current?.querySelector<HTMLElement>(
      ':is(input, select, textarea, button):not(:disabled)',
    ) ??
    true;
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup
          initialFocus={first}
          className="floating fixed z-50 left-1/2 top-[10vh] -translate-x-1/2 w-[min(480px,calc(100vw-24px))] max-h-[80vh] flex flex-col outline-none"
        >
          <div className="flex flex-none items-center pl-5 pr-3 pt-4 pb-2">
            <Dialog.Title className="flex-1 text-base font-semibold">{title}</Dialog.Title>
            <Dialog.Close className="btn ghost icon" aria-label="Close">
              <X size={16} aria-hidden />
            </Dialog.Close>
          </div>
          <div ref={content} className="flex-1 min-h-0 overflow-auto px-5 pb-5">
            {children}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
