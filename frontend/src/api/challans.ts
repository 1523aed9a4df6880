import type { History, Summary } from '../client/tracker';
import { recorded } from '../undo/steps';
import { query, request } from './http';
import type { Challan, Changes, ColumnInfo, Facets, RangeAnswer, Row } from './types';

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

/** What happened to a challan, newest first; `next` is what the page before told of the older ones. */
export const fetchHistory = (id: string, next: string | null, signal?: AbortSignal) =>
  request<History>('GET', next ?? `${DATA}${id}/history/`, { signal });

/** How a challan is called in a sentence. */
export const nameOf = (row: { challan_number?: string | null }): string =>
  row.challan_number ? `challan ${row.challan_number}` : 'a challan without a number';

// Every write below is a step that this tab can undo.

export const createChallan = (fields: Changes & { draft?: boolean }) =>
  request<Challan>('POST', DATA, { body: fields, onBatch: recorded('the new challan', true) });

/** Changes some fields; the server merges what others changed elsewhere since `baseVersion`. */
export const patchChallan = (
  id: string,
  baseVersion: number,
  changes: Changes,
  what = 'the change of a challan',
) =>
  request<Challan>('PATCH', `${DATA}${id}/`, {
    body: { ...changes, base_version: baseVersion },
    onBatch: recorded(what),
  });

export const deleteChallan = (row: Row, onBatch = recorded(`deleting ${nameOf(row)}`, true)) =>
  request<void>('DELETE', `${DATA}${row.id}/`, {
    headers: { 'If-Match': `"${row.version}"` },
    onBatch,
  });

/** Takes a deleted challan out of the trash, whatever its version. */
export const restoreChallan = (id: string) =>
  request<Challan>('POST', `${DATA}${id}/restore/`, {
    headers: { 'If-Match': '*' },
    onBatch: recorded('restoring a challan', true),
  });

/** Gives a draft its number. */
export const issueChallan = (id: string, version: number) =>
  request<Challan>('POST', `${DATA}${id}/issue/`, {
    headers: { 'If-Match': `"${version}"` },
    onBatch: recorded('issuing a challan'),
  });

/** Takes an issued challan out of use; its number stays taken. */
export const voidChallan = (row: Challan, reason: string, onBatch: (batch: string) => void) =>
  request<Challan>('POST', `${DATA}${row.id}/void/`, {
    body: { reason },
    headers: { 'If-Match': `"${row.version}"` },
    onBatch,
  });
