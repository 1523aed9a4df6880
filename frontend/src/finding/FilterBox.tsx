import { Search, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Completion } from '../client/tracker';
import { useHotkeys } from '../lib/hotkeys';
import { usePhone } from '../lib/media';
import { useLater } from '../lib/useLater';
import { useTyping } from '../lib/useTyping';
import type { Fault } from './fault';
import { NAMES_PAUSE, useNames } from './names';
import { beginsField, openTerms, type Suggestion, suggestions, typingIn } from './suggest';

/** Pause after the last key before the list is searched, ms. */
const TYPING_PAUSE = 300;

interface FilterBoxProps {
  q: string;
  fields: Completion[];
  /** What the server could not read of `q`, if anything. */
  fault: Fault | null;
  /** `replace`: it is still the same search, which goes on being typed. */
  onSearch: (q: string, replace: boolean) => void;
}

/** Names that the server has for the value being typed. */
function useTypedNames(text: string): string[] {
  const later = useLater(text, NAMES_PAUSE);
  const typing = typingIn(later.slice(openTerms(later).at));
  return useNames(typing?.term.field ?? '', typing?.begun ?? '', true);
}

/** The search box of the grid: the filter as it is written, with completion; what is in it is the `q` of the address. */
export function FilterBox({ q, fields, fault, onSearch }: FilterBoxProps) {
  const onType = useTyping(q, onSearch);
  const [text, setText] = useState(q);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef(q);
  const phone = usePhone();
  const id = useId();
  const names = useTypedNames(text);
  const offered = useMemo(() => suggestions(text, fields, names), [text, fields, names]);
  const shown = open ? offered : [];
  // A value that is still offered others is not one yet: half a stage is a mistake, half a name nobody's,
  // half a field in no challan.
  const isUnfinished =
    /(^|\s)-$|:$/.test(text) ||
    openTerms(text).isInGroup ||
    text.split('"').length % 2 === 0 ||
    (shown.length > 0 &&
      ((typingIn(text)?.term.field ?? null) !== null || beginsField(text, fields)));
  useHotkeys({ '/': () => input.current?.select() });

  useEffect(() => {
    // The address changed by other means (a chip, a link, back): show that.
    if (q !== sent.current) setText(q);
    sent.current = q;
  }, [q]);
  useEffect(() => {
    if (text.trim() === sent.current || isUnfinished) return;
    const timer = setTimeout(() => {
      sent.current = text.trim();
      onType(text, true);
    }, TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [text, isUnfinished, onType]);

  const type = (now: string, offer: boolean) => {
    setText(now);
    setOpen(offer);
    setActive(-1);
  };
  const send = (now: string) => {
    sent.current = now.trim();
    onType(now, false);
  };
  const take = (one: Suggestion) => {
    type(one.text, !one.ends);
    if (one.ends) send(one.text);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = shown[active];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setOpen(true);
      // Before the first there is the text itself.
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const places = offered.length + 1;
      setActive((now) => ((now + 1 + step + places) % places) - 1);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen) take(chosen);
    else if (event.key === 'Enter') {
      setOpen(false);
      send(text);
    } else if (event.key === 'Escape' && shown.length > 0) setOpen(false);
    else if (event.key === 'Escape') input.current?.blur();
    else return;
    event.preventDefault();
  };
  return (
    <div className="relative flex-1 max-w-[560px] min-w-0">
      <Search
        size={15}
        aria-hidden
        className="absolute left-2.5 top-1/2 -translate-y-1/2 text-ink-2 pointer-events-none"
      />
      <input
        ref={input}
        role="combobox"
        className="input h-8 max-md:h-11 pl-8 pr-8"
        placeholder={phone ? 'Search challans' : 'Search, or stage:delivered date:2026-07'}
        aria-label="Search challans"
        aria-invalid={fault !== null}
        aria-describedby={fault ? 'filter-fault' : undefined}
        aria-autocomplete="list"
        aria-expanded={shown.length > 0}
        aria-controls={shown.length > 0 ? id : undefined}
        aria-activedescendant={shown[active] ? `${id}-${active}` : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="search"
        value={text}
        onChange={(event) => type(event.target.value, true)}
        onMouseDown={() => setOpen(true)}
        onBlur={() => {
          setOpen(false);
          onType(q, false);
        }}
        onKeyDown={onKeyDown}
      />
      {shown.length > 0 && <Offered id={id} offered={shown} active={active} onTake={take} />}
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
            type('', false);
            send('');
            input.current?.focus();
          }}
        >
          <X size={14} aria-hidden />
        </button>
      )}
    </div>
  );
}

interface OfferedProps {
  id: string;
  offered: Suggestion[];
  active: number;
  onTake: (one: Suggestion) => void;
}

function Offered({ id, offered, active, onTake }: OfferedProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Ways to go on"
      className="floating absolute z-40 top-full mt-1 inset-x-0 p-1 max-h-[340px] overflow-y-auto"
    >
      {offered.map((one, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the focus and the keys
        <div
          key={one.text}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === active}
          className="flex items-center gap-3 h-7 max-md:h-11 px-2 rounded-md cursor-default hover:bg-sunken aria-selected:bg-accent-soft"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(one)}
        >
          <span className="flex-none font-medium max-w-[70%] truncate">{one.label}</span>
          <span className="text-ink-2 truncate">{one.hint}</span>
        </div>
      ))}
    </div>
  );
}
