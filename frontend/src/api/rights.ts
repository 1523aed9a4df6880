/** Named sets of permissions, API keys, and the log of who did what. */
import type { AuditView, KeyView, NewKey, SetView } from '../client/accounts';
import { query, request, requestWhole } from './http';
import type { Grant, Page } from './people';

export type PermissionSet = Omit<SetView, 'grants'> & { grants: Grant[] };

const SETS = '/api/permission-sets/';

export const fetchSets = (signal?: AbortSignal) => requestWhole<PermissionSet>(SETS, signal);

export const createSet = (body: { name: string; grants: Grant[] }) =>
  request<PermissionSet>('POST', SETS, { body });

export const replaceSet = (id: string, body: { name: string; grants: Grant[] }) =>
  request<PermissionSet>('PUT', `${SETS}${id}/`, { body });

export const deleteSet = (id: string) => request<void>('DELETE', `${SETS}${id}/`);

export type ApiKey = KeyView;

const KEYS = '/api/keys/';

export const fetchKeys = (page: string | null, signal?: AbortSignal) =>
  request<Page<ApiKey>>('GET', page ?? KEYS, { signal });

/** Makes a key; `key` is in this answer and never again. */
export const createKey = (body: NewKey) =>
  request<ApiKey & { key: string }>('POST', KEYS, { body });

export const revokeKey = (id: string) => request<void>('DELETE', `${KEYS}${id}/`);

export type AuditEntry = Omit<AuditView, 'entity_id' | 'request_id' | 'batch_id'>;

export interface AuditFilter {
  search?: string;
  entity?: string;
  user?: string;
  /** From this instant on, and before that one. */
  from?: string;
  to?: string;
}

const audit = (filter: AuditFilter, format?: 'csv' | 'ndjson') =>
  `/api/audit/${query({ ...filter, format })}`;

export const fetchAudit = (filter: AuditFilter, page: string | null, signal?: AbortSignal) =>
  request<Page<AuditEntry>>('GET', page ?? audit(filter), { signal });

/** Where a file with every row of a filter is to be had. */
export const auditFile = (filter: AuditFilter): string => audit(filter, 'csv');
