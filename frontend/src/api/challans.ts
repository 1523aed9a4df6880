import type { Summary } from '../client/tracker';
import { query, request } from './http';
import type { Challan, Changes, ColumnInfo, Facets, HistoryEntry, RangeAnswer } from './types';

const DATA = '/api/tracker/data/';

export interface RangeQuery {
  q: string;
  sort: string;
  limit: number;
  columns: string[];
  offset?: number;
  after?: string;
}

/** One window of the sorted, filtered list, as columns and rows of values. */
export function fetchRange({ columns, ...rest }: RangeQuery, signal?: AbortSignal) {
  const parameters = query({ ...rest, columns: columns.join(',') });
  return request<RangeAnswer>('GET', `/api/tracker/range/${parameters}`, { signal });
}

export const fetchColumns = (signal?: AbortSignal) =>
  request<ColumnInfo[]>('GET', '/api/tracker/columns/', { signal });

export const fetchFacets = (q: string, fields: keyof Facets, signal?: AbortSignal) =>
  request<Facets>('GET', `/api/tracker/facets/${query({ q, fields })}`, { signal });

/** The dashboard's numbers under a filter. */
export const fetchSummary = (q: string, signal?: AbortSignal) =>
  request<Summary>('GET', `/api/tracker/summary/${query({ q })}`, { signal });

export const fetchChallan = (id: string, signal?: AbortSignal) =>
  request<Challan>('GET', `${DATA}${id}/`, { signal });

export const fetchHistory = (id: string, signal?: AbortSignal) =>
  request<{ results: HistoryEntry[] }>('GET', `${DATA}${id}/history/`, { signal });

export const createChallan = (fields: Changes & { draft?: boolean }) =>
  request<Challan>('POST', DATA, { body: fields });

/** Changes some fields; the server merges what others changed elsewhere since `baseVersion`. */
export const patchChallan = (id: string, baseVersion: number, changes: Changes) =>
  request<Challan>('PATCH', `${DATA}${id}/`, { body: { ...changes, base_version: baseVersion } });

export const deleteChallan = (id: string, version: number) =>
  request<void>('DELETE', `${DATA}${id}/`, { headers: { 'If-Match': `"${version}"` } });

/** Takes a deleted challan out of the trash, whatever its version. */
export const restoreChallan = (id: string) =>
  request<Challan>('POST', `${DATA}${id}/restore/`, { headers: { 'If-Match': '*' } });

/** Gives a draft its number. */
export const issueChallan = (id: string, version: number) =>
  request<Challan>('POST', `${DATA}${id}/issue/`, { headers: { 'If-Match': `"${version}"` } });
