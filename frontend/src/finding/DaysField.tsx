import { useState } from 'react';
import { DateField } from '../ui/DateField';
import { Field } from '../ui/Field';
import { DAY_WORDS, type Days, type Stretch } from './form';

const LABELS: Record<(typeof DAY_WORDS)[number], string> = {
  today: 'Today',
  'last-7d': 'Last 7 days',
  'last-30d': 'Last 30 days',
  'this-month': 'This month',
  'this-quarter': 'This quarter',
  'this-fy': 'This financial year',
  any: 'Any day',
  none: 'Not yet',
};
const BETWEEN = 'between';

interface DaysFieldProps {
  label: string;
  value: Days | null;
  today: string;
  /** Whether there may be no such day. */
  optional: boolean;
  onDays: (days: Days | null) => void;
}

/** A stretch of days: by a word, or from one to another. */
export function DaysField({ label, value, today, optional, onDays }: DaysFieldProps) {
  // Until a day is given, "from … to" is no filter yet, and so not in the address.
  const [begun, setBegun] = useState(false);
  const word = value && 'word' in value ? value.word : null;
  const stretch: Stretch = value && !('word' in value) ? value : { from: null, to: null };
  const between = word === null && (begun || value !== null);
  const words = DAY_WORDS.filter((one) => optional || (one !== 'any' && one !== 'none'));
  const set = (next: Stretch) => {
    // A stretch that would end before it begins loses its end.
    const to = next.from && next.to && next.to < next.from ? null : next.to;
    onDays(next.from || to ? { from: next.from, to } : null);
  };
  return (
    <div className="grid gap-2 content-start">
      <Field label={label}>
        {(shared) => (
          <select
            {...shared}
            value={word ?? (between ? BETWEEN : '')}
            onChange={({ target }) => {
              setBegun(target.value === BETWEEN);
              if (target.value === BETWEEN || target.value === '') onDays(null);
              else onDays({ word: target.value });
            }}
          >
            <option value="">All</option>
            {words.map((one) => (
              <option key={one} value={one}>
                {LABELS[one]}
              </option>
            ))}
            <option value={BETWEEN}>From … to …</option>
          </select>
        )}
      </Field>
      {between && (
        <fieldset className="grid grid-cols-2 gap-2">
          <legend className="sr-only">{label}</legend>
          <DateField
            label="From"
            value={stretch.from}
            today={today}
            onDate={(from) => set({ ...stretch, from })}
          />
          <DateField
            label="To"
            value={stretch.to}
            today={today}
            earliest={stretch.from ?? undefined}
            onDate={(to) => set({ ...stretch, to })}
          />
        </fieldset>
      )}
    </div>
  );
}
