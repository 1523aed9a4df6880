import { SlidersHorizontal } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { useHotkeys } from '../lib/hotkeys';
import { countAsked } from './form';

const FilterPanel = lazy(() =>
  import('./FilterPanel').then((module) => ({ default: module.FilterPanel })),
);

interface FiltersButtonProps {
  q: string;
  /** Fields that this person may ask about. */
  allowed: Set<string>;
  /** How many challans the filter finds; null until that is known. */
  total: number | null;
  /** What is set in the form beside the filter. */
  order: ReactNode;
  onSearch: (q: string) => void;
}

/** Opens the filter as a form, and says how many of its fields are set. */
export function FiltersButton(props: FiltersButtonProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const count = countAsked(props.q);
  const show = () => setOpen(true);
  useHotkeys({ f: show, 'ctrl shift l': show });
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="btn flex-none max-md:px-3"
        aria-haspopup="dialog"
        aria-expanded={open}
        title="Filters (F, Ctrl Shift L)"
        onClick={() => setOpen((now) => !now)}
      >
        <SlidersHorizontal size={16} aria-hidden />
        <span className="max-md:sr-only">Filters</span>
        {count > 0 && (
          <span className="grid place-items-center min-w-[18px] h-[18px] px-1 rounded-full bg-accent text-accent-ink text-xs tabular-nums">
            {count}
            <span className="sr-only"> set</span>
          </span>
        )}
      </button>
      {open && (
        <Suspense>
          <FilterPanel {...props} anchor={anchor} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
