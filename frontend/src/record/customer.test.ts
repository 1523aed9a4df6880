import { describe, expect, it } from 'vitest';
import type { Challan } from '../api/types';
import { hasNewCustomer } from './customer';

const saved = (customer_id: string, updated_at: string) =>
  ({ id: 'a', version: 1, customer_id, updated_at }) as Challan;

describe('hasNewCustomer', () => {
  it('tells a customer of this save from one that was there', () => {
    // RFC 9562, appendix A.6: made at 2022-02-22T19:22:22.000Z.
    const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
    expect(hasNewCustomer(saved(id, '2022-02-22T19:22:22Z'))).toBe(true);
    expect(hasNewCustomer(saved(id, '2022-02-22T19:22:21.999999Z'))).toBe(true);
    expect(hasNewCustomer(saved(id, '2022-02-22T19:22:22.001Z'))).toBe(false);
  });

  it('says nothing where the customer is hidden', () => {
    expect(hasNewCustomer({ id: 'a', version: 1 } as Challan)).toBe(false);
  });
});
