/** The shapes of the REST API as the site uses them. Dates are `YYYY-MM-DD`, instants RFC 3339 UTC. */
import type { Author, Challan, Stage } from '../client/tracker';

export type { Me } from '../client/accounts';
export type {
  Challan,
  Column as ColumnInfo,
  Facets,
  FieldConflict,
  HistoryEntry,
  Stage,
  Window as RangeAnswer,
} from '../client/tracker';

export const STAGES = [
  'draft',
  'issued',
  'dispatched',
  'delivered',
  'pod_received',
  'invoiced',
  'submitted',
  'void',
] as const satisfies readonly Stage[];

/** Where a row says who did something: a name, or an id with a name. */
export type Person = string | Author | null;

/** A row of the grid: always id and version, and whatever columns were asked for. */
export type Row = Partial<Challan> & { id: string; version: number };

export type FieldName = keyof Challan & string;
export type FieldValue = string | string[] | boolean | null;
export type Changes = Partial<Record<FieldName, FieldValue>>;
