import { Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useHotkeys } from '../lib/hotkeys';
import { useTyping } from '../lib/useTyping';

/** Pause after the last key before the list is searched, ms. */
const TYPING_PAUSE = 300;

interface SearchBoxProps {
  q: string;
  label?: string;
  placeholder?: string;
  invalid: boolean;
  /** `replace`: it is still the same search, which goes on being typed. */
  onSearch: (q: string, replace: boolean) => void;
}

/** The search box; what is in it is the `q` of the address. */
export function SearchBox({
  q,
  label = 'Search challans',
  placeholder = 'Search, or stage:delivered date:2026-07',
  invalid,
  onSearch,
}: SearchBoxProps) {
  const onType = useTyping(q, onSearch);
  const [text, setText] = useState(q);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef(q);
  useHotkeys({ '/': () => input.current?.select() });

  useEffect(() => {
    // The address changed by other means (a link, back): show that.
    if (q !== sent.current) setText(q);
    sent.current = q;
  }, [q]);
  useEffect(() => {
    if (text.trim() === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text.trim();
      onType(text, true);
    }, TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [text, onType]);

  return (
    <div className="relative flex-1 max-w-[420px] min-w-0">
      <Search
        size={15}
        aria-hidden
        className="absolute left-2.5 top-1/2 -translate-y-1/2 text-ink-2 pointer-events-none"
      />
      <input
        ref={input}
        type="search"
        className="input h-8 max-md:h-11 pl-8 pr-8 [&::-webkit-search-cancel-button]:hidden"
        placeholder={placeholder}
        aria-label={label}
        aria-invalid={invalid}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => onType(q, false)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            sent.current = text.trim();
            onType(text, false);
          } else if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      {text === '' ? (
        <span aria-hidden className="kbd absolute right-2 top-1/2 -translate-y-1/2 max-md:hidden">
          /
        </span>
      ) : (
        <button
          type="button"
          className="absolute right-1 top-1/2 -translate-y-1/2 grid place-items-center size-6 rounded hover:bg-sunken"
          aria-label="Clear search"
          onClick={() => {
            setText('');
            sent.current = '';
            onType('', false);
            input.current?.focus();
          }}
        >
          <X size={14} aria-hidden />
        </button>
      )}
    </div>
  );
}
