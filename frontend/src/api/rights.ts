/** Named sets of permissions, API keys, and the log of who did what. */
import { query, request } from './http';
import type { Grant, Page } from './people';

export interface PermissionSet {
  id: string;
  name: string;
  grants: Grant[];
  version: number;
}

const SETS = '/api/permission-sets/';

export const fetchSets = (signal?: AbortSignal) =>
  request<Page<PermissionSet>>('GET', SETS, { signal });

export const createSet = (body: { name: string; grants: Grant[] }) =>
  request<PermissionSet>('POST', SETS, { body });

export const replaceSet = (id: string, body: { name: string; grants: Grant[] }) =>
  request<PermissionSet>('PUT', `${SETS}${id}/`, { body });

export const deleteSet = (id: string) => request<void>('DELETE', `${SETS}${id}/`);

export interface ApiKey {
  id: string;
  name: string;
  /** How the key begins. */
  prefix: string;
  scopes: string[];
  /** The sources it is bound to; null for any. */
  sources: string[] | null;
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
  maker: { id: string; name: string };
}

export interface NewKey {
  name: string;
  scopes: string[];
  sources: string[] | null;
  expires_at: string | null;
}

const KEYS = '/api/keys/';

export const fetchKeys = (page: string | null, signal?: AbortSignal) =>
  request<Page<ApiKey>>('GET', page ?? KEYS, { signal });

/** Makes a key; `key` is in this answer and never again. */
export const createKey = (body: NewKey) =>
  request<ApiKey & { key: string }>('POST', KEYS, { body });

export const revokeKey = (id: string) => request<void>('DELETE', `${KEYS}${id}/`);

interface Who {
  id: string | null;
  name: string;
}

export interface AuditEntry {
  seq: number;
  at: string;
  entity: string;
  kind: string;
  by: Who;
  /** Whom it is about. */
  user: Who;
  changes: { field: string; old: string; new: string }[];
  detail: string;
  /** Sessions and keys that ended with it. */
  ended_sessions: number;
  via: string;
  address: string;
}

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
