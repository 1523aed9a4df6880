import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { ReactNode } from 'react';

interface ConfirmProps {
  open: boolean;
  title: string;
  /** What goes, and that it cannot be had back. */
  children: ReactNode;
  /** The word on the button that does it. */
  does: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before what cannot be undone; everything else is done at once and can be undone. */
export function Confirm({ open, title, children, does, onConfirm, onClose }: ConfirmProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => next || onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <AlertDialog.Popup className="floating fixed z-50 left-1/2 top-[22vh] -translate-x-1/2 w-[min(400px,calc(100vw-32px))] p-5 grid gap-3 outline-none">
          <AlertDialog.Title className="text-base font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description className="text-ink-2">{children}</AlertDialog.Description>
          <div className="flex justify-end gap-2 pt-1">
            <AlertDialog.Close className="btn">Cancel</AlertDialog.Close>
            <button
              type="button"
              className="btn danger"
              onClick={() => {
                onClose();
                onConfirm();
              }}
            >
              {does}
            </button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
