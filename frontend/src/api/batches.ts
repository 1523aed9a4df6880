/** Many challans changed by one request, and the batches that every writing request is. */
import type {
  Accepted,
  Batch,
  BatchPage,
  BulkAction,
  Patched,
  PatchRow,
  Refusal,
  Rehearsed,
  Undo,
} from '../client/tracker';
import { query, request } from './http';
import type { Changes } from './types';

export type { Batch, Patched, Refusal, Rehearsed };
export type PatchResult = Patched['results'][number];
/** What was undone at once; where only `batch_id` is there, the undoing goes on in the background. */
export type Undone = Partial<Undo> & { batch_id?: Accepted['batch_id'] | null };

const BULK = '/api/tracker/bulk/';
const BATCHES = '/api/tracker/batches/';

/** The most rows that one request changes row by row. */
export const MOST_ROWS = 10_000;

/** A row and what is to be written into it; without an id a new challan. */
export interface RowChange {
  id: string | null;
  /** The version that was seen; none for a new challan. */
  base_version?: number;
  set: Changes;
}

/** Changes rows each in its own way; with `dryRun` only says what would become of each. */
export const patchRows = (rows: RowChange[], dryRun: boolean) =>
  request<Patched>('POST', BULK, {
    body: { action: 'patch', rows: rows as PatchRow[], dry_run: dryRun },
  });

/** Which challans: by their ids, or all that a filter finds. */
export type Which = { ids: string[] } | { q: string };

/** One change for many challans. */
export interface Order {
  action: Exclude<BulkAction, 'patch'>;
  which: Which;
  set?: Changes;
  reason?: string;
}

const bodyOf = ({ which, ...rest }: Order) => ({ ...rest, ...which });

/** What an order would do; nothing is written. */
export const rehearse = (order: Order, signal?: AbortSignal) =>
  request<Rehearsed>('POST', BULK, { body: { ...bodyOf(order), dry_run: true }, signal });

/** Takes an order on; it goes on in the background as a batch. */
export const carryOut = (order: Order) => request<Accepted>('POST', BULK, { body: bodyOf(order) });

/** The opposite of a batch: at once, or as a batch that goes on where it has many rows. */
export const undoBatch = (id: string) => request<Undone>('POST', `${BATCHES}${id}/undo/`);

export const fetchBatch = (id: string, signal?: AbortSignal) =>
  request<Batch>('GET', `${BATCHES}${id}/`, { signal });

/** My own batches, the newest first. */
export const fetchMyBatches = (limit: number, signal?: AbortSignal) =>
  request<BatchPage>('GET', `${BATCHES}${query({ mine: 1, limit })}`, { signal });
