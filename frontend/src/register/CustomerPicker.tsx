import { type Customer, fetchCustomers } from '../api/customers';
import { OFFERED, Picker } from '../ui/Picker';

interface CustomerPickerProps {
  label: string;
  hint?: string;
  error?: string;
  disabled?: boolean;
  /** Customers that are not offered, by id. */
  except: string[];
  onPick: (customer: Customer) => void;
  keeps?: boolean;
}

/** A field that finds a customer by a part of any of its names. */
export function CustomerPicker({ except, ...field }: CustomerPickerProps) {
  return (
    <Picker
      {...field}
      kind="customers"
      placeholder="A part of a name, or a GSTIN"
      find={async (text, signal) => {
        const page = await fetchCustomers(text, null, signal, OFFERED + except.length);
        return page.results;
      }}
      isOffered={({ id }) => !except.includes(id)}
      show={({ id, name, gstin }) => ({ key: id, name, note: gstin })}
    />
  );
}
