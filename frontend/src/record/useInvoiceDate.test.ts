import { describe, expect, it } from 'vitest';
import type { Challan } from '../api/types';
import { undated } from './useInvoiceDate';

const invoiced = { invoice_number: 'I1', invoice_date: '2026-07-03' } as Challan;

describe('undated', () => {
  it('is a new number only, and one whose date was not given', () => {
    expect(undated({ invoice_number: ' INV-1 ' }, null)).toBe('INV-1');
    expect(undated({ invoice_number: 'INV-1', invoice_date: '' }, invoiced)).toBe('INV-1');
    expect(undated({ invoice_number: 'INV-1', invoice_date: '5/7' }, null)).toBeNull();
    expect(undated({ invoice_number: 'INV-1' }, invoiced)).toBeNull();
    expect(undated({ invoice_number: ' ' }, null)).toBeNull();
    expect(undated({ remarks: 'x' }, null)).toBeNull();
  });
});
