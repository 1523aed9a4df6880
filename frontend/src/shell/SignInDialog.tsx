import { Dialog } from '@base-ui/react/dialog';
import { SignInForm } from '../outside/SignInForm';

/** Over the page when the session ended: what was typed below it stays. */
export function SignInDialog({ open, onDone }: { open: boolean; onDone: () => void }) {
  return (
    <Dialog.Root open={open}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup className="floating fixed z-50 left-1/2 top-[18vh] -translate-x-1/2 w-[min(360px,calc(100vw-32px))] p-6 grid gap-4">
          <div className="grid gap-1">
            <Dialog.Title className="text-base font-semibold">Your session has ended</Dialog.Title>
            <Dialog.Description className="text-ink-2">
              Sign in to go on. Nothing on this page is lost.
            </Dialog.Description>
          </div>
          <SignInForm onDone={onDone} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
