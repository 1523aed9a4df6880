import { useQueries } from '@tanstack/react-query';
import { fetchCustomer } from '../api/customers';
import { CustomerPicker } from '../register/CustomerPicker';
import { ChipList } from '../ui/ChipList';

interface ScopeCustomersProps {
  ids: string[];
  disabled: boolean;
  onIds: (ids: string[]) => void;
}

/** The customers that rights are limited to. */
export function ScopeCustomers({ ids, disabled, onIds }: ScopeCustomersProps) {
  const names = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['customers', 'one', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchCustomer(id, signal),
      staleTime: 60_000,
      retry: false,
    })),
  });
  return (
    <div className="grid gap-2">
      {ids.length > 0 && (
        <ChipList
          label="Chosen customers"
          disabled={disabled}
          chips={ids.map((key, i) => ({
            key,
            name: names[i]?.data?.name ?? (names[i]?.error ? 'A customer out of sight' : '…'),
          }))}
          onRemove={(id) => onIds(ids.filter((one) => one !== id))}
        />
      )}
      <CustomerPicker
        label="Add a customer"
        hint={ids.length === 0 ? 'Choose at least one' : undefined}
        disabled={disabled}
        except={ids}
        onPick={({ id }) => onIds([...ids, id])}
      />
    </div>
  );
}
