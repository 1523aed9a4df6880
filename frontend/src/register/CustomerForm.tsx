import { type KeyboardEvent, useState } from 'react';
import { type Customer, createCustomer, patchCustomer } from '../api/customers';
import { useSubmit } from '../lib/useSubmit';
import { ChipList } from '../ui/ChipList';
import { DrawerForm } from '../ui/DrawerForm';
import { Field, TextField } from '../ui/Field';
import { toast } from '../ui/toasts';

interface CustomerFormProps {
  /** Undefined for a new one. */
  customer: Customer | undefined;
  mayChange: boolean;
  onSaved: (saved: Customer) => void;
}

const FIELDS = ['name', 'aliases', 'gstin', 'state', 'address'];

/** What is known of a customer. */
export function CustomerForm({ customer, mayChange, onSaved }: CustomerFormProps) {
  const [name, setName] = useState(customer?.name ?? '');
  const [aliases, setAliases] = useState(customer?.aliases ?? []);
  const [gstin, setGstin] = useState(customer?.gstin ?? '');
  const [address, setAddress] = useState(customer?.address ?? '');
  const [active, setActive] = useState(customer?.active ?? true);
  const { busy, errors, failure, submit, mend, setErrors } = useSubmit(FIELDS);
  const isRenamed = customer !== undefined && name.trim() !== customer.name;
  const save = () => {
    if (!mayChange) return;
    if (name.trim() === '') return setErrors({ name: 'This is needed.' });
    void submit(async () => {
      const facts = { name: name.trim(), gstin: gstin.trim() || null, address: address || null };
      // A rename keeps the old name as an alias by itself, unless the aliases are sent too.
      const touched = JSON.stringify(aliases) !== JSON.stringify(customer?.aliases ?? []);
      const kept = isRenamed && customer ? [...aliases, customer.name] : aliases;
      const fields = { ...facts, active, ...(touched || !customer ? { aliases: kept } : {}) };
      const saved = await (customer
        ? patchCustomer(customer.id, customer.version, fields)
        : createCustomer(fields));
      toast(`${saved.name} saved`);
      onSaved(saved);
    });
  };
  return (
    <DrawerForm
      failure={failure}
      onSubmit={save}
      actions={
        mayChange && (
          <button type="submit" className="btn primary" disabled={busy}>
            {busy ? 'Saving…' : 'Save customer'}
          </button>
        )
      }
    >
      <TextField
        label="Name"
        value={name}
        error={errors.name}
        disabled={!mayChange}
        autoComplete="off"
        hint={
          isRenamed
            ? 'The new name goes to all its challans; the old one stays as an alias.'
            : undefined
        }
        onText={(text) => {
          setName(text);
          mend('name');
        }}
      />
      <TextField
        label="GSTIN"
        value={gstin}
        error={errors.gstin ?? errors.state}
        disabled={!mayChange}
        autoComplete="off"
        hint={
          customer?.state
            ? `State ${customer.state}, as its first two digits say`
            : '15 letters and digits; the last one checks the others'
        }
        onText={(text) => {
          setGstin(text.toUpperCase());
          mend('gstin');
        }}
      />
      <Aliases
        aliases={aliases}
        error={errors.aliases}
        disabled={!mayChange}
        onAliases={(next) => {
          setAliases(next);
          mend('aliases');
        }}
      />
      <Field label="Address" error={errors.address}>
        {(shared) => (
          <textarea
            {...shared}
            rows={3}
            value={address}
            disabled={!mayChange}
            onChange={(event) => setAddress(event.target.value)}
          />
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={active}
          disabled={!mayChange}
          onChange={(event) => setActive(event.target.checked)}
        />
        <span>Still dealt with</span>
      </label>
    </DrawerForm>
  );
}

interface AliasesProps {
  aliases: string[];
  error: string | undefined;
  disabled: boolean;
  onAliases: (aliases: string[]) => void;
}

/** Further names; Enter adds one. */
function Aliases({ aliases, error, disabled, onAliases }: AliasesProps) {
  const [text, setText] = useState('');
  const add = () => {
    const name = text.trim();
    if (name && !aliases.includes(name)) onAliases([...aliases, name]);
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || text.trim() === '') return;
    event.preventDefault();
    add();
  };
  return (
    <div className="grid gap-2">
      <Field
        label="Also known as"
        error={error}
        hint="Whoever writes one of these names means this customer"
      >
        {(shared) => (
          <input
            {...shared}
            value={text}
            disabled={disabled}
            autoComplete="off"
            placeholder="Another name, then Enter"
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            onBlur={add}
          />
        )}
      </Field>
      {aliases.length > 0 && (
        <ChipList
          label="Other names"
          disabled={disabled}
          chips={aliases.map((alias) => ({ key: alias, name: alias }))}
          onRemove={(alias) => onAliases(aliases.filter((one) => one !== alias))}
        />
      )}
    </div>
  );
}
