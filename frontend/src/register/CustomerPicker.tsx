import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { type Customer, fetchCustomers } from '../api/customers';
import { Field } from '../ui/Field';

/** Pause after the last key before names are asked for, ms; and names offered at most. */
const PAUSE = 150;
const OFFERED = 8;

interface CustomerPickerProps {
  label: string;
  hint?: string;
  error?: string;
  disabled?: boolean;
  /** Customers that are not offered. */
  except: string[];
  onPick: (customer: Customer) => void;
}

/** A field that finds a customer by a part of any of its names. */
export function CustomerPicker(props: CustomerPickerProps) {
  const { label, hint, error, disabled, except, onPick } = props;
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useQuery({
    queryKey: ['customers', 'picker', asked],
    queryFn: ({ signal }) => fetchCustomers(asked, null, signal, OFFERED + except.length),
    enabled: open,
    placeholderData: (before) => before,
    retry: false,
  });
  const offered = (found.data?.results ?? [])
    .filter((one) => !except.includes(one.id))
    .slice(0, OFFERED);
  // What was found for another text is not to be picked by a quick Enter.
  const isFresh = asked === text.trim() && !found.isPlaceholderData;
  const shown = open && isFresh ? offered : [];
  const pick = (customer: Customer) => {
    setText('');
    setOpen(false);
    onPick(customer);
  };
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
      <Field label={label} hint={hint} error={error}>
        {(shared) => (
          <input
            {...shared}
            role="combobox"
            autoComplete="off"
            spellCheck={false}
            placeholder="A part of a name, or a GSTIN"
            disabled={disabled}
            value={text}
            aria-autocomplete="list"
            aria-expanded={shown.length > 0}
            aria-controls={shown.length > 0 ? `${id}-list` : undefined}
            aria-activedescendant={shown[active] ? `${id}-${active}` : undefined}
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
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label={`${label}: found`}
          className="floating absolute z-40 inset-x-0 p-1 max-h-[280px] overflow-y-auto"
        >
          {shown.map((one, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and the keys
            <div
              key={one.id}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === active}
              className="flex items-center gap-3 h-8 max-md:h-11 px-2 rounded-md cursor-default hover:bg-sunken aria-selected:bg-accent-soft"
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => pick(one)}
            >
              <span className="flex-1 truncate">{one.name}</span>
              <span className="text-xs text-ink-2 tabular-nums">{one.gstin}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
