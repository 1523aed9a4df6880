import { X } from 'lucide-react';
import { said } from './suggest';
import { termsOf, valuesOf, without } from './terms';

interface FilterChipsProps {
  q: string;
  /** Whether they go on in further lines; else they scroll sideways. */
  wrap?: boolean;
  onSearch: (q: string) => void;
}

/** The filter as a sentence of chips; each can be taken out. */
export function FilterChips({ q, wrap, onSearch }: FilterChipsProps) {
  const terms = termsOf(q);
  if (terms.length === 0) return null;
  return (
    <ul
      aria-label="Filter"
      className={`flex items-center gap-1.5 py-1 ${wrap ? 'flex-wrap justify-center' : 'overflow-x-auto [scrollbar-width:none]'}`}
    >
      {terms.map((term) => {
        const text = said(term, valuesOf(term));
        return (
          <li key={term.start} className="flex-none max-w-[min(360px,100%)]">
            <span className="inline-flex items-center h-6 max-md:h-9 pl-2.5 rounded-full bg-accent-soft max-w-full">
              <span className="truncate">{text}</span>
              <button
                type="button"
                className="grid place-items-center size-6 max-md:size-9 rounded-full hover:bg-sunken"
                aria-label={`Remove ${text}`}
                onClick={() => onSearch(without(q, term.start))}
              >
                <X size={12} aria-hidden />
              </button>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
