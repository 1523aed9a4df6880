import type { Challan } from '../api/types';
import { toast } from '../ui/toasts';

/** When a UUID of version 7 was made, in ms since 1970 (RFC 9562, section 5.7). */
const madeAt = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16);

/** Whether the customer of a challan was made by the save that answered with it. */
export const hasNewCustomer = ({ customer_id, updated_at }: Challan): boolean =>
  Boolean(customer_id && updated_at) &&
  madeAt(String(customer_id)) >= Math.floor(Date.parse(String(updated_at)));

/** Says that a name was on no list: one that is mistyped is a customer of its own from then on. */
export function tellNewCustomer(saved: Challan): void {
  if (hasNewCustomer(saved)) toast(`“${saved.customer}” is a new customer.`);
}
