import { useQueries } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { fetchCustomer } from '../api/customers';
import { CustomerPicker } from '../register/CustomerPicker';

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
        <ul aria-label="Chosen customers" className="flex flex-wrap gap-1.5">
          {ids.map((id, i) => {
            const name =
              names[i]?.data?.name ?? (names[i]?.error ? 'A customer out of sight' : '…');
            return (
              <li
                key={id}
                className="inline-flex items-center h-7 max-md:h-9 pl-2.5 rounded-full bg-sunken max-w-full"
              >
                <span className="truncate">{name}</span>
                <button
                  type="button"
                  disabled={disabled}
                  className="grid place-items-center size-7 max-md:size-9 rounded-full hover:bg-accent-soft"
                  aria-label={`Remove ${name}`}
                  onClick={() => onIds(ids.filter((one) => one !== id))}
                >
                  <X size={12} aria-hidden />
                </button>
              </li>
            );
          })}
        </ul>
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
