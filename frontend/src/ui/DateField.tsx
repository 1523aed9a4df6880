import { type ReactNode, useState } from 'react';
import { formatDate, parseDateEntry } from '../lib/dates';
import { usePhone } from '../lib/media';
import { Field } from './Field';

interface DateFieldProps {
  label: string;
  className?: string;
  hint?: ReactNode;
  error?: string;
  /** A civil date, `YYYY-MM-DD`, or null for none. */
  value: string | null;
  today: string;
  /** The first day that makes sense. */
  earliest?: string;
  onDate: (date: string | null) => void;
}

/** A day as people type it (5/7, 05-07-26, today), or the phone's own picker. */
export function DateField({
  label,
  className,
  hint,
  error,
  value,
  today,
  earliest,
  onDate,
}: DateFieldProps) {
  const phone = usePhone();
  const shown = formatDate(value, 'UTC');
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | undefined>();
  const settle = () => {
    if (text === null) return;
    const date = parseDateEntry(text, today);
    if (text.trim() !== '' && !date) {
      setWrong('Not a date. Try 31/12, 31-12-26 or today.');
      return;
    }
    if (date && earliest && date < earliest) {
      setWrong(`Not before ${formatDate(earliest, 'UTC')}.`);
      return;
    }
    setWrong(undefined);
    setText(null);
    onDate(date);
  };
  return (
    <Field label={label} className={className} hint={hint} error={wrong ?? error}>
      {(shared) =>
        phone ? (
          <input
            {...shared}
            type="date"
            min={earliest}
            value={value ?? ''}
            onChange={(event) => onDate(event.target.value || null)}
          />
        ) : (
          <input
            {...shared}
            value={text ?? shown}
            placeholder="DD-MM-YYYY"
            autoComplete="off"
            onChange={(event) => setText(event.target.value)}
            onBlur={settle}
            onKeyDown={(event) => event.key === 'Enter' && settle()}
          />
        )
      }
    </Field>
  );
}
