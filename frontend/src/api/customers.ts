/** The customer list, the executives in use, and the series of numbers. */
import type {
  Accepted,
  Customer,
  CustomerPage,
  Executive,
  ExecutivePage,
  Series,
} from '../client/tracker';
import { query, request, requestWhole } from './http';

export type { Customer, Executive, Series };
export type Reset = Series['reset'];

const CUSTOMERS = '/api/tracker/customers/';
const SERIES = '/api/tracker/series/';

export interface CustomerFields {
  name: string;
  aliases: string[];
  gstin: string | null;
  state: string | null;
  address: string | null;
  active: boolean;
}

/** A page of customers; `next` of the page before leads to the following one. */
export const fetchCustomers = (
  search: string,
  next: string | null,
  signal?: AbortSignal,
  limit = 50,
) =>
  request<CustomerPage>('GET', next ?? `${CUSTOMERS}${query({ search, limit })}`, {
    signal,
  });

export const fetchCustomer = (id: string, signal?: AbortSignal) =>
  request<Customer>('GET', `${CUSTOMERS}${id}/`, { signal });

export const createCustomer = (fields: Partial<CustomerFields>) =>
  request<Customer>('POST', CUSTOMERS, { body: fields });

export const patchCustomer = (id: string, version: number, fields: Partial<CustomerFields>) =>
  request<Customer>('PATCH', `${CUSTOMERS}${id}/`, { body: { ...fields, base_version: version } });

/** Gives the names and challans of one customer to another, which is the answer. */
export const mergeCustomer = (id: string, into: string) =>
  request<Customer>('POST', `${CUSTOMERS}${id}/merge/`, { body: { into } });

const EXECUTIVES = '/api/tracker/executives/';

/** The first names, as many as one answer has; a search narrows them. */
export const fetchExecutives = (search: string, signal?: AbortSignal) =>
  request<ExecutivePage>('GET', `${EXECUTIVES}${query({ search })}`, { signal });

/** Writes `into` on every challan that `name` carries; it goes on in the background as a batch. */
export const mergeExecutive = (name: string, into: string) =>
  request<Accepted>('POST', `${EXECUTIVES}merge/`, { body: { name, into } });

export const fetchSeries = (signal?: AbortSignal) => requestWhole<Series>(SERIES, signal);

export interface SeriesFields {
  name: string;
  template: string;
  reset: Reset;
  default: boolean;
}

export const createSeries = (fields: SeriesFields) =>
  request<Series>('POST', SERIES, { body: fields });

export const patchSeries = (id: string, version: number, fields: Partial<SeriesFields>) =>
  request<Series>('PATCH', `${SERIES}${id}/`, { body: { ...fields, base_version: version } });
