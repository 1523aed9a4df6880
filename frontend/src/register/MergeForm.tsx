import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchSummary } from '../api/challans';
import { type Customer, mergeCustomer } from '../api/customers';
import { written } from '../finding/terms';
import { plural } from '../lib/text';
import { useSubmit } from '../lib/useSubmit';
import { DrawerForm } from '../ui/DrawerForm';
import { toast } from '../ui/toasts';
import { CustomerPicker } from './CustomerPicker';

interface MergeFormProps {
  customer: Customer;
  onMerged: (kept: Customer) => void;
}

/** Makes two customers one, after saying what that does. */
export function MergeForm({ customer, onMerged }: MergeFormProps) {
  const [into, setInto] = useState<Customer | null>(null);
  const { busy, errors, failure, submit, mend } = useSubmit(['into']);
  const q = `customer:${written(customer.name)}`;
  const summary = useQuery({
    queryKey: ['summary', q],
    queryFn: ({ signal }) => fetchSummary(q, signal),
    retry: false,
  });
  const challans = summary.data ? plural(summary.data.count, 'challan') : 'All challans';
  const merge = (kept: Customer) =>
    submit(async () => {
      const saved = await mergeCustomer(customer.id, kept.id);
      toast(`${customer.name} is ${saved.name} now`);
      onMerged(saved);
    });
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => into && void merge(into)}
      actions={
        <button type="submit" className="btn danger" disabled={busy || !into}>
          {busy ? 'Merging…' : 'Merge'}
        </button>
      }
    >
      <p className="text-ink-2">
        For two entries that mean the same customer. {customer.name} goes, the other one stays.
      </p>
      <CustomerPicker
        label="The one that stays"
        keeps
        except={[customer.id]}
        error={errors.into}
        onPick={(picked) => {
          setInto(picked);
          mend('into');
        }}
      />
      {into && (
        <p
          role="status"
          className="rounded-md border border-line-strong bg-sunken px-3 py-2.5 wrap-anywhere"
        >
          {challans} of <b className="font-semibold">{customer.name}</b> will be of{' '}
          <b className="font-semibold">{into.name}</b>, and{' '}
          {['its name', ...(customer.aliases.length > 0 ? ['its other names'] : [])].join(' and ')}{' '}
          will lead there. People whose rights name {customer.name} alone lose sight of that until
          an admin gives them {into.name}. This cannot be undone.
        </p>
      )}
    </DrawerForm>
  );
}
