import { Dialog } from '@base-ui/react/dialog';
import { Popover } from '@base-ui/react/popover';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { usePhone } from '../lib/media';
import { plural } from '../lib/text';
import { FilterForm } from './FilterForm';
import { countAsked, withoutAsked } from './form';

interface FilterPanelProps {
  q: string;
  allowed: Set<string>;
  /** How many challans the filter finds; null until that is known. */
  total: number | null;
  /** The button that it hangs from. */
  anchor: RefObject<HTMLButtonElement | null>;
  /** What is set above the fields of the filter. */
  order: ReactNode;
  onSearch: (q: string) => void;
  onClose: () => void;
}

/** The form of the filter: hung from its button, and from the foot of a phone. */
export function FilterPanel(props: FilterPanelProps) {
  const phone = usePhone();
  const { anchor, onClose } = props;
  const onOpenChange = (open: boolean) => open || onClose();
  if (phone) {
    return (
      <Dialog.Root open onOpenChange={onOpenChange}>
        <Dialog.Portal>
          <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
          <Dialog.Popup
            finalFocus={anchor}
            className="fixed z-50 inset-x-0 bottom-0 h-[92dvh] flex flex-col rounded-t-2xl bg-surface outline-none pb-[env(safe-area-inset-bottom)]"
          >
            <Content {...props} title={<Dialog.Title className={TITLE}>Filters</Dialog.Title>} />
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    );
  }
  return (
    <Popover.Root open onOpenChange={onOpenChange}>
      <Popover.Portal>
        <Popover.Positioner anchor={anchor} align="end" sideOffset={6} className="z-40">
          <Popover.Popup
            finalFocus={anchor}
            className="floating w-[560px] max-h-(--available-height) flex flex-col outline-none"
          >
            <Content {...props} title={<Popover.Title className={TITLE}>Filters</Popover.Title>} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

const TITLE = 'flex-1 text-base font-semibold';

function Content(props: FilterPanelProps & { title: ReactNode }) {
  const { q, allowed, total, onSearch, onClose } = props;
  return (
    <>
      <header className="flex flex-none items-center h-12 max-md:h-14 pl-4 pr-2">
        {props.title}
        <button type="button" className="btn ghost icon" aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <div className="flex-1 min-h-0 overflow-auto px-4 pb-4 grid content-start gap-3">
        {props.order}
        <FilterForm q={q} allowed={allowed} onSearch={onSearch} />
      </div>
      <footer className="flex flex-none items-center justify-between gap-2 px-4 py-3 border-t border-line">
        <button
          type="button"
          className="btn ghost"
          disabled={countAsked(q) === 0}
          onClick={() => onSearch(withoutAsked(q))}
        >
          Clear
        </button>
        <button type="button" className="btn primary min-w-40" onClick={onClose}>
          {total === null ? 'Show' : `Show ${plural(total, 'challan')}`}
        </button>
      </footer>
    </>
  );
}
