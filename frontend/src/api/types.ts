/** The shapes of the REST API as the site uses them. Dates are `YYYY-MM-DD`, instants RFC 3339 UTC. */

export const STAGES = [
  'draft',
  'issued',
  'dispatched',
  'delivered',
  'pod_received',
  'invoiced',
  'submitted',
  'void',
] as const;
export type Stage = (typeof STAGES)[number];

/** Where a row says who did something: a name, or an id with a name. */
export type Person = string | { id: string; name: string } | null;

export interface Challan {
  id: string;
  challan_number: string | null;
  date: string;
  customer: string;
  customer_id: string;
  dc_summary: string | null;
  delivery_executives: string[];
  /** Rupees with two decimals, as text so that no digit is lost. */
  amount: string | null;
  dispatched_at: string | null;
  delivered_at: string | null;
  invoice_number: string | null;
  invoice_date: string | null;
  invoice_submission: boolean;
  invoice_submitted_on: string | null;
  proof_of_delivery: unknown[];
  pod_upload_date: string | null;
  received_by: string | null;
  remarks: string | null;
  stage: Stage;
  voided_at: string | null;
  void_reason: string | null;
  source: string | null;
  external_id: string | null;
  version: number;
  created_at: string;
  created_by: Person;
  updated_at: string;
  updated_by: Person;
  deleted_at: string | null;
  hidden: string[];
  can: string[];
}

/** A row of the grid: always id and version, and whatever columns were asked for. */
export type Row = Partial<Challan> & { id: string; version: number };

export type FieldName = keyof Challan & string;
export type FieldValue = string | string[] | boolean | null;
export type Changes = Partial<Record<FieldName, FieldValue>>;

export interface RangeAnswer {
  columns: string[];
  rows: unknown[][];
  first_cursor?: string | null;
  last_cursor?: string | null;
  total: number;
  total_capped: boolean;
  log_cursor: string;
}

export interface ColumnInfo {
  name: string;
  label: string;
  type: string;
  sortable: boolean;
  filterable: boolean;
  editable: boolean;
}

export interface FieldConflict {
  field: FieldName;
  mine: unknown;
  theirs: unknown;
  by: Person;
  at: string | null;
}

export interface HistoryEntry {
  seq: number;
  version: number;
  kind: string;
  at: string;
  by: Person;
  via?: string;
  changes: { field: string; old: unknown; new: unknown }[];
}

export interface Me {
  id: string;
  email: string;
  username: string;
  first_name: string;
  last_name: string;
  role: 'superadmin' | 'admin' | 'user';
  permissions: { permission: string }[];
  org: { name: string; timezone: string; today: string; allowed_domains: string[] };
  build?: string;
}

export type Facets = Record<string, { value: string; count: number }[]>;
