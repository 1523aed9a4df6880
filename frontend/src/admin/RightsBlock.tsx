import { Trash2 } from 'lucide-react';
import { COLUMNS } from '../grid/columns';
import { DateField } from '../ui/DateField';
import { Field } from '../ui/Field';
import { type Block, PERMISSION_GROUPS } from './grants';
import { ScopeCustomers } from './ScopeCustomers';

/** Columns that make a row what it is, and are never hidden. */
const ALWAYS = new Set(['challan_number', 'date', 'stage', 'updated_at']);
const HIDEABLE = COLUMNS.filter(({ name }) => !ALWAYS.has(name));

interface RightsBlockProps {
  block: Block;
  title: string;
  today: string;
  disabled: boolean;
  onChange: (block: Block) => void;
  onRemove: (() => void) | undefined;
}

const toggled = (list: string[], name: string): string[] =>
  list.includes(name) ? list.filter((one) => one !== name) : [...list, name];

/** A set of permissions and the limits that they share. */
export function RightsBlock(props: RightsBlockProps) {
  const { block, title, today, disabled, onChange, onRemove } = props;
  return (
    <fieldset disabled={disabled} className="grid gap-4 min-w-0">
      <legend className="sr-only">{title}</legend>
      {onRemove && (
        <div className="flex items-center border-t border-line pt-3">
          <span className="flex-1 font-semibold">{title}</span>
          <button type="button" className="btn ghost danger" onClick={onRemove}>
            <Trash2 size={14} aria-hidden />
            Remove
          </button>
        </div>
      )}
      {PERMISSION_GROUPS.map((group) => (
        <Choices
          key={group.title}
          title={group.title}
          choices={group.permissions.map(({ name, verb }) => ({ name, label: capital(verb) }))}
          chosen={block.permissions}
          onToggle={(name) => onChange({ ...block, permissions: toggled(block.permissions, name) })}
        />
      ))}
      <Rows block={block} disabled={disabled} onChange={onChange} />
      <details className="group" open={block.hidden.length > 0 || undefined}>
        <summary className="btn ghost -ml-2.5">
          Hidden columns: {block.hidden.length || 'none'}
        </summary>
        <div className="pt-2">
          <Choices
            title="These are never shown to them, in any way out"
            choices={HIDEABLE.map(({ name, label }) => ({ name, label }))}
            chosen={block.hidden}
            onToggle={(name) => onChange({ ...block, hidden: toggled(block.hidden, name) })}
          />
        </div>
      </details>
      <DateField
        label="Until (optional)"
        hint="The last day on which these rights hold"
        value={block.until}
        today={today}
        earliest={today}
        onDate={(until) => onChange({ ...block, until })}
      />
    </fieldset>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

interface ChoicesProps {
  title: string;
  choices: { name: string; label: string }[];
  chosen: string[];
  onToggle: (name: string) => void;
}

function Choices({ title, choices, chosen, onToggle }: ChoicesProps) {
  return (
    <div role="group" aria-label={title} className="grid gap-1">
      <span className="text-xs font-semibold text-ink-2" aria-hidden>
        {title}
      </span>
      <div className="grid grid-cols-2 gap-x-3">
        {choices.map(({ name, label }) => (
          <label key={name} className="check">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={() => onToggle(name)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </div>
  );
}

/** Which challans and files the rights reach. */
function Rows({
  block,
  disabled,
  onChange,
}: Pick<RightsBlockProps, 'block' | 'disabled' | 'onChange'>) {
  const { scope } = block;
  const kind = scope === null ? 'all' : 'own_deliveries' in scope ? 'own' : 'customers';
  const scopes = {
    all: null,
    own: { own_deliveries: true },
    customers: { customers: scope && 'customers' in scope ? scope.customers : [] },
  } as const;
  return (
    <div className="grid gap-3">
      <Field label="Of which challans">
        {(shared) => (
          <select
            {...shared}
            value={kind}
            onChange={(event) => {
              const chosen = scopes[event.target.value as keyof typeof scopes];
              onChange({ ...block, scope: chosen as Block['scope'] });
            }}
          >
            <option value="all">All</option>
            <option value="own">Only those they deliver themselves</option>
            <option value="customers">Only of some customers</option>
          </select>
        )}
      </Field>
      {scope && 'customers' in scope && (
        <ScopeCustomers
          ids={scope.customers}
          disabled={disabled}
          onIds={(customers) => onChange({ ...block, scope: { customers } })}
        />
      )}
    </div>
  );
}
