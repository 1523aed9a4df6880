import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { Field } from './Field';
import { OptionList } from './OptionList';

/** Pause after the last key before names are asked for, ms. */
const PAUSE = 150;

interface PickerProps<T> {
  label: string;
  hint?: string;
  error?: string;
  placeholder: string;
  disabled?: boolean;
  /** What is picked, in one word; answers are kept under it. */
  kind: string;
  /** What the server has for a text. */
  find: (text: string, signal: AbortSignal) => Promise<T[]>;
  /** Whether one that was found is offered. */
  isOffered: (one: T) => boolean;
  /** How one is shown, and what tells it from others. */
  show: (one: T) => { key: string; name: string; note?: string | null };
  onPick: (one: T) => void;
  /** Whether the field shows what was picked, else it is empty for the next one. */
  keeps?: boolean;
}

/** Offered at most. */
export const OFFERED = 8;

/** A field that finds something by a part of its name. */
export function Picker<T>(props: PickerProps<T>) {
  const { label, hint, error, disabled, kind, find, isOffered, show, onPick } = props;
  const [text, setText] = useState('');
  const [picked, setPicked] = useState('');
  const [asked, setAsked] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useQuery({
    queryKey: [kind, 'picker', asked],
    queryFn: ({ signal }) => find(asked, signal),
    enabled: open,
    placeholderData: (before) => before,
    retry: false,
  });
  const offered = (found.data ?? []).filter(isOffered).slice(0, OFFERED);
  // What was found for another text is not to be picked by a quick Enter.
  const isFresh = asked === text.trim() && !found.isPlaceholderData;
  const shown = open && isFresh ? offered : [];
  const pick = (one: T) => {
    const name = props.keeps ? show(one).name : '';
    setText(name);
    setPicked(name);
    setOpen(false);
    onPick(one);
  };
  // Only a name that is picked counts; one that was merely typed must not look as if it did.
  const isLeft = !open && text.trim() !== picked;
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = shown[active];
    if (event.key === 'ArrowDown') {
      setOpen(true);
      setActive((now) => Math.min(now + 1, offered.length - 1));
    } else if (event.key === 'ArrowUp') setActive((now) => Math.max(0, now - 1));
    else if (event.key === 'Enter' && !event.ctrlKey && chosen) pick(chosen);
    else if (event.key === 'Escape' && shown.length > 0) setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="relative">
      <Field
        label={label}
        hint={hint}
        error={isLeft ? 'Pick one of the names that are offered.' : error}
      >
        {(shared) => (
          <input
            {...shared}
            role="combobox"
            autoComplete="off"
            spellCheck={false}
            placeholder={props.placeholder}
            disabled={disabled}
            value={text}
            aria-autocomplete="list"
            aria-expanded={shown.length > 0}
            aria-controls={shown.length > 0 ? `${id}-list` : undefined}
            aria-activedescendant={shown[active] ? `${id}-list-${active}` : undefined}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onChange={(event) => {
              setText(event.target.value);
              setActive(0);
              setOpen(true);
            }}
            onKeyDown={onKeyDown}
          />
        )}
      </Field>
      {shown.length > 0 && (
        <OptionList
          id={`${id}-list`}
          label={`${label}: found`}
          className="z-40 inset-x-0 max-h-[280px]"
          options={shown.map(show)}
          active={active}
          onTake={(at) => {
            const one = shown[at];
            if (one) pick(one);
          }}
        />
      )}
    </div>
  );
}
