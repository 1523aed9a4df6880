import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { fetchFacets } from '../api/challans';
import type { Facets } from '../api/types';
import { formatCount } from '../lib/text';
import { Picker } from '../ui/Picker';
import { namesOf } from './names';
import { valueLabel } from './suggest';
import { chosenIn, toggled, withoutField } from './terms';

type FacetField = keyof Facets & string;

const FACETS: { field: FacetField; title: string }[] = [
  { field: 'stage', title: 'Stage' },
  { field: 'age', title: 'Days of waiting' },
  { field: 'customer', title: 'Customer' },
  { field: 'executive', title: 'Executive' },
  { field: 'source', title: 'Other system' },
];
/** Values shown before "Show all". */
const SHORT = 8;
/** As many values of a field as the server tells, those with the most challans. */
const MOST = 100;
/** Fields whose other values are found by a part of the name. */
const NAMED: Partial<Record<FacetField, string>> = {
  customer: 'Another customer',
  executive: 'Another executive',
};

const AGES: Record<string, string> = {
  '<=2': '0 to 2',
  '3..7': '3 to 7',
  '8..15': '8 to 15',
  '>=16': '16 or more',
};

interface FacetPanelProps {
  q: string;
  /** Fields that this person may ask about. */
  allowed: Set<string>;
  onSearch: (q: string) => void;
  onClose: () => void;
}

/** What there is under the filter, by value; a click takes a value in or out. */
export function FacetPanel({ q, allowed, onSearch, onClose }: FacetPanelProps) {
  return (
    <aside
      aria-label="Values"
      className="flex flex-col flex-none w-56 bg-surface border-r border-line max-md:fixed max-md:inset-0 max-md:z-30 max-md:w-full max-md:border-0"
    >
      <header className="flex flex-none items-center h-10 max-md:h-14 pl-3 pr-1 border-b border-line">
        <h2 className="flex-1 font-semibold">Values</h2>
        <button
          type="button"
          className="btn ghost icon"
          aria-label="Close values"
          onClick={onClose}
        >
          <X size={14} aria-hidden />
        </button>
      </header>
      <div className="flex-1 min-h-0 overflow-auto p-2 grid grid-cols-1 gap-4 content-start">
        {FACETS.filter(({ field }) => allowed.has(field)).map(({ field, title }) => (
          <Facet key={field} field={field} title={title} q={q} onSearch={onSearch} />
        ))}
      </div>
    </aside>
  );
}

interface FacetProps {
  field: FacetField;
  title: string;
  q: string;
  onSearch: (q: string) => void;
}

/** The values of one field with their counts under the rest of the filter. */
function Facet({ field, title, q, onSearch }: FacetProps) {
  const [all, setAll] = useState(false);
  const rest = withoutField(q, field);
  const facets = useQuery({
    queryKey: ['facets', rest, field],
    queryFn: ({ signal }) => fetchFacets(rest, field, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const asked = chosenIn(q, field);
  const chosen = new Set(asked.map((value) => value.toLowerCase()));
  const isChosen = (value: string) => chosen.has(value.toLowerCase());
  const told = facets.data?.[field] ?? [];
  // Only the most frequent are told; a rarer one that was chosen must not be out of reach.
  const isTold = (wanted: string) =>
    told.some(({ value }) => value.toLowerCase() === wanted.toLowerCase());
  const rare = asked.filter((value) => !isTold(value)).map((value) => ({ value, count: null }));
  const counted = [...rare, ...told.filter(({ value, count }) => count > 0 || isChosen(value))];
  // A value that was chosen stays in sight although others have more rows.
  const first = counted.filter(({ value }, i) => i < SHORT || isChosen(value));
  const shown = all ? counted : first;
  const labelOf = (value: string) => (field === 'age' ? (AGES[value] ?? value) : valueLabel(value));
  const isCut = told.length >= MOST;
  const other = NAMED[field];
  if (facets.data && counted.length === 0) return null;
  return (
    <section aria-label={title} className="grid grid-cols-1 gap-0.5">
      <h3 className="px-1 text-xs font-semibold text-ink-2">{title}</h3>
      {!facets.data && <i className="skeleton m-2" />}
      {shown.map(({ value, count }) => (
        <label
          key={value}
          className="check px-1 rounded-md hover:bg-sunken has-checked:bg-accent-soft"
        >
          <input
            type="checkbox"
            checked={isChosen(value)}
            onChange={() => onSearch(toggled(q, field, value, field === 'age'))}
          />
          <span className="flex-1 min-w-0 truncate" title={labelOf(value)}>
            {labelOf(value)}
          </span>
          <span className="text-ink-2 text-xs tabular-nums">
            {count === null ? '' : formatCount(count)}
          </span>
        </label>
      ))}
      {counted.length > first.length && (
        <button
          type="button"
          className="btn ghost justify-self-start"
          onClick={() => setAll((now) => !now)}
        >
          {all ? 'Show fewer' : `Show ${isCut ? 'the first' : 'all'} ${counted.length}`}
        </button>
      )}
      {all && isCut && (
        <p className="px-1 text-ink-2">These {MOST} have the most challans; there may be others.</p>
      )}
      {isCut && other && (
        <div className="px-1 pt-1">
          <Picker
            label={other}
            kind={`${field} names`}
            placeholder="A part of a name"
            find={(text, signal) => namesOf(field, text, signal)}
            isOffered={(name) => !isChosen(name)}
            show={(name) => ({ key: name, name })}
            onPick={(name) => onSearch(toggled(q, field, name))}
          />
        </div>
      )}
    </section>
  );
}
