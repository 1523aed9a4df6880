import { STAGES } from '../api/types';
import { STAGE_LABELS } from '../lib/text';
import { placeOf, useMe } from '../shell/session';
import { ChipList } from '../ui/ChipList';
import { Field } from '../ui/Field';
import { Picker } from '../ui/Picker';
import { AmountField } from './AmountField';
import { DaysField } from './DaysField';
import { type Asked, type AskedField, besides, read, withAsked } from './form';
import { namesOf } from './names';

interface FilterFormProps {
  q: string;
  /** Fields that this person may ask about. */
  allowed: Set<string>;
  onSearch: (q: string) => void;
}

/** The filter by its fields. Each writes the `q` of the address at once, and shows what is in it. */
export function FilterForm({ q, allowed, onSearch }: FilterFormProps) {
  const { today } = placeOf(useMe());
  const { asked } = read(q);
  const set = <F extends AskedField>(field: F, value: Asked[F]) =>
    onSearch(withAsked(q, field, value));
  const may = (field: AskedField) => allowed.has(field);
  const days = (field: 'date' | 'delivered' | 'invoice_date', label: string) =>
    may(field) && (
      <DaysField
        label={label}
        value={asked[field]}
        today={today}
        optional={field !== 'date'}
        onDays={(value) => set(field, value)}
      />
    );
  const kept = besides(q);
  return (
    <div className="grid gap-x-4 gap-y-3 md:grid-cols-2">
      {may('customer') && (
        <Names
          label="Customer"
          field="customer"
          names={asked.customer}
          onNames={(names) => set('customer', names)}
        />
      )}
      {may('executive') && (
        <Names
          label="Delivery executive"
          field="executive"
          names={asked.executive}
          onNames={(names) => set('executive', names)}
        />
      )}
      {may('stage') && <Stages stages={asked.stage} onStages={(stages) => set('stage', stages)} />}
      {days('date', 'Challan date')}
      {days('delivered', 'Delivered')}
      {days('invoice_date', 'Invoice date')}
      {may('amount') && (
        <AmountField value={asked.amount} onAmount={(amount) => set('amount', amount)} />
      )}
      {may('pod') && (
        <Flag
          label="Signed copy (POD)"
          value={asked.pod}
          words={['Received', 'Not received']}
          onFlag={(pod) => set('pod', pod)}
        />
      )}
      {may('submitted') && (
        <Flag
          label="Invoice submission"
          value={asked.submitted}
          words={['Submitted', 'Not submitted']}
          onFlag={(submitted) => set('submitted', submitted)}
        />
      )}
      {kept.length > 0 && (
        <p className="md:col-span-2 text-ink-2 wrap-anywhere">
          Also in the filter: {kept.map(({ text }) => text).join(' ')}
        </p>
      )}
    </div>
  );
}

interface NamesProps {
  label: string;
  field: 'customer' | 'executive';
  names: string[];
  onNames: (names: string[]) => void;
}

/** Names of which a challan has one. */
function Names({ label, field, names, onNames }: NamesProps) {
  const isChosen = (name: string) => names.some((one) => one.toLowerCase() === name.toLowerCase());
  return (
    <div className="grid gap-2 content-start">
      <Picker
        label={label}
        kind={`${field} names`}
        placeholder={names.length > 0 ? 'Another one' : 'A part of a name'}
        find={(text, signal) => namesOf(field, text, signal)}
        isOffered={(name) => !isChosen(name)}
        show={(name) => ({ key: name, name })}
        onPick={(name) => onNames([...names, name])}
      />
      {names.length > 0 && (
        <ChipList
          label={`${label}: chosen`}
          chips={names.map((name) => ({ key: name, name }))}
          onRemove={(name) => onNames(names.filter((one) => one !== name))}
        />
      )}
    </div>
  );
}

interface StagesProps {
  stages: Asked['stage'];
  onStages: (stages: Asked['stage']) => void;
}

function Stages({ stages, onStages }: StagesProps) {
  return (
    <fieldset className="md:col-span-2">
      <legend className="font-medium text-ink-2 pb-1">Stage</legend>
      <div className="flex flex-wrap gap-1.5">
        {STAGES.map((stage) => (
          <label
            key={stage}
            className="inline-flex items-center gap-2 h-8 max-md:h-11 px-2.5 rounded-md border border-line-strong has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 outline-accent outline-offset-1"
          >
            <input
              type="checkbox"
              className="outline-none"
              checked={stages.includes(stage)}
              onChange={({ target }) =>
                onStages(
                  STAGES.filter((one) => (one === stage ? target.checked : stages.includes(one))),
                )
              }
            />
            {STAGE_LABELS[stage]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface FlagProps {
  label: string;
  value: boolean | null;
  /** What yes and no are called. */
  words: [string, string];
  onFlag: (value: boolean | null) => void;
}

function Flag({ label, value, words: [yes, no], onFlag }: FlagProps) {
  return (
    <Field label={label}>
      {(shared) => (
        <select
          {...shared}
          value={value === null ? '' : String(value)}
          onChange={({ target }) => onFlag(target.value === '' ? null : target.value === 'true')}
        >
          <option value="">All</option>
          <option value="true">{yes}</option>
          <option value="false">{no}</option>
        </select>
      )}
    </Field>
  );
}
