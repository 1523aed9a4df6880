import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useState } from 'react';
import { useHotkeys } from '../lib/hotkeys';

const GROUPS: { title: string; keys: [string, string][] }[] = [
  {
    title: 'Anywhere',
    keys: [
      ['/', 'Search'],
      ['F, Ctrl Shift L', 'Filters'],
      ['N', 'New challan'],
      ['G then D', 'Dashboard'],
      ['G then C', 'Challans'],
      ['G then K', 'Customers'],
      ['G then A', 'Admin'],
      ['V then 1 to 9', 'A saved view'],
      ['Ctrl Z', 'Undo'],
      ['Ctrl Y, Ctrl Shift Z', 'Redo'],
      ['?', 'These shortcuts'],
    ],
  },
  {
    title: 'In the grid',
    keys: [
      ['Arrows, Tab', 'Move; with Shift, extend'],
      ['Ctrl + arrows', 'To the edge'],
      ['Ctrl Home, Ctrl End', 'First, last cell'],
      ['Enter, F2, or type', 'Edit the cell'],
      ['Alt ↓', 'Choose from the cell’s list'],
      ['Esc', 'Cancel; then leave the grid'],
      ['Space', 'Open the record'],
      ['Delete', 'Clear the cells'],
      ['Ctrl -', 'Delete the row or rows, with undo'],
      ['Ctrl C, Ctrl V', 'Copy the range; paste'],
      ['Ctrl D', 'Fill down'],
      ['Alt C', 'Copy chosen columns'],
      ['Shift Space', 'Choose the row or rows'],
      ['Ctrl A', 'Choose all matching'],
      ['F6', 'To the bar of the rows chosen, and back'],
      ['Ctrl ;', 'Today'],
      ['Alt S', 'Sort by this column'],
    ],
  },
  {
    title: 'In a record',
    keys: [
      ['J, K', 'The next, the one before, outside its fields'],
      ['Ctrl Enter', 'Save'],
      ['Esc', 'Close'],
    ],
  },
];

/** The list of keys, and the keys that go from page to page. */
export function ShortcutsDialog() {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  useHotkeys({
    '?': () => setOpen(true),
    'g d': () => void navigate({ to: '/start/dashboard' }),
    'g k': () => void navigate({ to: '/start/customers', search: {} }),
    'g a': () => void navigate({ to: '/start/admin' }),
    'g c': () => void navigate({ to: '/start/challans', search: {} }),
  });
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup className="floating fixed z-50 left-1/2 top-[10vh] -translate-x-1/2 w-[min(520px,calc(100vw-24px))] max-h-[80vh] overflow-auto p-5 grid gap-4 outline-none">
          <div className="flex items-center">
            <Dialog.Title className="flex-1 text-base font-semibold">
              Keyboard shortcuts
            </Dialog.Title>
            <Dialog.Close className="btn ghost icon" aria-label="Close">
              <X size={16} aria-hidden />
            </Dialog.Close>
          </div>
          {GROUPS.map((group) => (
            <section key={group.title} className="grid gap-1">
              <h3 className="text-xs font-medium text-ink-2">{group.title}</h3>
              <dl className="grid gap-1">
                {group.keys.map(([keys, does]) => (
                  <div key={keys} className="flex items-center justify-between gap-4 h-7">
                    <dt>{does}</dt>
                    <dd className="kbd">{keys}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
