import type { RangeAnswer, Row } from '../api/types';
import { Listeners } from '../lib/listeners';
import { changedFields, isNewer, rowsOf } from './rows';

/** Rows per page of the window; also the `limit` asked of the server. */
export const PAGE_SIZE = 200;
/** Pages kept; 40 × 200 rows are about 4 MB. */
const PAGES_KEPT = 40;
/** Pages are asked for at once, but not more often than this, ms. */
const JUMP_PAUSE = 12;
/** Changed rows remembered for pages read before the change was. */
const RECENT_KEPT = 2_000;

/** What a page is asked by: an offset, or a neighbour's cursor where one is held. */
export type PagePlace = { offset: number } | { after: string };
export type LoadPage = (place: PagePlace, signal: AbortSignal) => Promise<RangeAnswer>;

/** A row as shown: the fields just changed by others carry the version that changed them. */
export interface ShownRow extends Row {
  flash?: Record<string, number>;
  /** When that was shown, ms of the page's clock. */
  flashedAt?: number;
  /** Deleted by somebody while shown: struck out, and gone at the next reading. */
  gone?: boolean;
  /** Changed so that the filter does not find it any more: greyed, and gone at the next reading. */
  left?: boolean;
  /** One's own change of which only the facts written are known yet: the stream tells the rest of the same version. */
  part?: boolean;
}

export interface ListSummary {
  loaded: boolean;
  total: number;
  newRows: number;
  error: unknown;
}

export interface RowStoreOptions {
  /** Pages kept, for tests. */
  pagesKept?: number;
  nextFrame?: (run: () => void) => number;
  /** Whether the list is of deleted rows, which are then nothing to strike out. */
  ofTrash?: boolean;
}

interface Page {
  rows: ShownRow[];
  /** Cursor of the last row, where the next page begins. */
  last: string | null;
}

/**
 * The pages of one sorted, filtered list around what is looked at. Live changes are patched into
 * rows that are held and never move a row; new rows are only counted, until `reload`.
 */
export class RowStore {
  total = 0;
  totalCapped = false;
  /** Place in the change log read before the first page; null until then. */
  logCursor: string | null = null;
  error: unknown = null;
  loaded = false;
  /** Rows made by others since the list was read. */
  newRows = 0;

  private pages = new Map<number, Page>();
  /** Position in the list by id, of the rows that are held. */
  private places = new Map<string, number>();
  private loading = new Map<number, AbortController>();
  private recent = new Map<string, Row>();
  private counted = new Set<string>();
  private readonly listeners = new Listeners();
  /** The rows last asked for. */
  private said: ListSummary = { loaded: false, total: 0, newRows: 0, error: null };
  private looked = { from: 0, to: PAGE_SIZE - 1 };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;
  private queue: { row: Row; left: boolean }[] = [];
  private frame = 0;

  constructor(
    private readonly load: LoadPage,
    private readonly options: RowStoreOptions = {},
  ) {}

  subscribe = this.listeners.subscribe;
  /** Changes whenever anything shown may have changed. */
  snapshot = this.listeners.snapshot;

  /** What there is to say of the list as a whole; the same object until that changes. */
  summary = (): ListSummary => {
    const { loaded, total, newRows, error } = this;
    const said = this.said;
    const same =
      said.loaded === loaded &&
      said.total === total &&
      said.newRows === newRows &&
      said.error === error;
    if (!same) this.said = { loaded, total, newRows, error };
    return this.said;
  };

  get(index: number): ShownRow | undefined {
    return this.pages.get(Math.floor(index / PAGE_SIZE))?.rows[index % PAGE_SIZE];
  }

  find(id: string): ShownRow | undefined {
    const place = this.places.get(id);
    return place === undefined ? undefined : this.get(place);
  }

  /** Position in the list of a row that is held, or -1. */
  indexOf(id: string): number {
    return this.places.get(id) ?? -1;
  }

  /** Asks for the pages of rows `from` to `to` and gives up those scrolled past. */
  ensure(from: number, to: number): void {
    this.looked = { from, to };
    const first = Math.floor(Math.max(0, from) / PAGE_SIZE);
    const last = Math.floor(Math.max(0, Math.min(to, Math.max(0, this.total - 1))) / PAGE_SIZE);
    for (const [number, controller] of this.loading) {
      if (number < first - 1 || number > last + 1) {
        controller.abort();
        this.loading.delete(number);
      }
    }
    clearTimeout(this.timer);
    const missing: number[] = [];
    for (let number = first; number <= last; number++) {
      if (this.pages.has(number)) this.touch(number);
      else missing.push(number);
    }
    if (missing.length === 0) return;
    const read = () => {
      for (const number of missing) void this.loadPage(number);
    };
    const now = performance.now();
    const soon = now - this.askedAt < JUMP_PAUSE;
    this.askedAt = now;
    if (this.loaded && soon) this.timer = setTimeout(read, JUMP_PAUSE);
    else read();
  }

  /** Reads the list anew, or the rows looked at, keeping what is shown until the answer is there. */
  async reload(from = this.looked.from, to = this.looked.to): Promise<void> {
    for (const controller of this.loading.values()) controller.abort();
    this.loading.clear();
    const first = Math.floor(Math.max(0, from) / PAGE_SIZE);
    const last = Math.floor(Math.max(0, Math.min(to, this.total - 1)) / PAGE_SIZE);
    for (const number of [...this.pages.keys()]) {
      if (number < first || number > last) this.drop(number);
    }
    const numbers: number[] = [];
    for (let number = first; number <= last; number++) {
      numbers.push(number);
      const page = this.pages.get(number);
      if (page) page.last = null;
    }
    this.newRows = 0;
    this.counted.clear();
    this.listeners.tell();
    for (const number of numbers) await this.loadPage(number);
  }

  /** Takes a row as the server gave it after one's own change. */
  put(row: Row): void {
    this.apply(row, false);
    this.listeners.tell();
  }

  /** Takes what was written into a row, whose other facts the stream will tell. */
  putPart(row: Row): void {
    const held = this.find(row.id);
    if (!held || !isNewer(row, held)) return;
    this.replace({ ...held, ...row, part: true });
    this.schedule();
  }

  /** Queues a change made elsewhere, by which the row perhaps `left` the filter; the queue is shown once per frame. */
  push(row: Row, left = false): void {
    this.queue.push({ row, left });
    this.schedule();
  }

  /** Counts a row that is not in the list yet, once. */
  countNew(id: string): void {
    if (this.counted.has(id) || this.places.has(id)) return;
    this.counted.add(id);
    this.newRows += 1;
    this.schedule();
  }

  /** Greys a row that was deleted or left the asker's scope. */
  markGone(id: string): void {
    const row = this.find(id);
    if (row) this.replace({ ...row, gone: true });
    this.listeners.tell();
  }

  /** Greys a row that the filter does not find any more. */
  markLeft(id: string): void {
    const row = this.find(id);
    if (row) this.replace({ ...row, left: true });
    this.listeners.tell();
  }

  private schedule(): void {
    const nextFrame = this.options.nextFrame ?? requestAnimationFrame;
    if (this.frame === 0) this.frame = nextFrame(() => this.flush());
  }

  private flush(): void {
    this.frame = 0;
    const queue = this.queue;
    this.queue = [];
    for (const { row, left } of queue) this.apply(row, true, left);
    this.listeners.tell();
  }

  private apply(row: Row, flash: boolean, left = false): void {
    this.remember(row);
    const held = this.find(row.id);
    if (!held) return;
    const completes = held.part === true && row.version === held.version;
    if (!isNewer(row, held) && !completes) {
      // One's own change was shown before the stream told that the row left by it.
      if (left && row.version === held.version) this.replace({ ...held, left });
      return;
    }
    const shown: ShownRow = { ...held, ...row, gone: this.isGone(row), left };
    delete shown.part;
    // What completes one's own change is no change of others.
    if (flash && !completes) {
      shown.flash = { ...held.flash };
      shown.flashedAt = performance.now();
      for (const field of changedFields(held, row)) shown.flash[field] = row.version;
    }
    this.replace(shown);
  }

  private isGone(row: Row): boolean {
    return Boolean(row.deleted_at) && !this.options.ofTrash;
  }

  private remember(row: Row): void {
    const known = this.recent.get(row.id);
    if (known && !isNewer(row, known)) return;
    this.recent.delete(row.id);
    this.recent.set(row.id, row);
    if (this.recent.size > RECENT_KEPT) {
      const oldest = this.recent.keys().next().value;
      if (oldest !== undefined) this.recent.delete(oldest);
    }
  }

  private replace(row: ShownRow): void {
    const place = this.places.get(row.id);
    if (place === undefined) return;
    const page = this.pages.get(Math.floor(place / PAGE_SIZE));
    if (page) page.rows[place % PAGE_SIZE] = row;
  }

  private place(number: number): PagePlace {
    const before = this.pages.get(number - 1);
    if (before?.last && before.rows.length === PAGE_SIZE) return { after: before.last };
    return { offset: number * PAGE_SIZE };
  }

  private async loadPage(number: number): Promise<void> {
    if (this.loading.has(number)) return;
    const controller = new AbortController();
    this.loading.set(number, controller);
    try {
      const answer = await this.load(this.place(number), controller.signal);
      if (!controller.signal.aborted) this.accept(number, answer);
    } catch (error) {
      if (!controller.signal.aborted) {
        this.error = error;
        this.listeners.tell();
      }
    } finally {
      if (this.loading.get(number) === controller) this.loading.delete(number);
    }
  }

  private accept(number: number, answer: RangeAnswer): void {
    const rows: ShownRow[] = rowsOf(answer).map((row) => {
      // The log may already have told of a change that this answer was read before.
      const known = this.recent.get(row.id);
      const newest = known && isNewer(known, row) ? { ...row, ...known } : row;
      return this.isGone(newest) ? { ...newest, gone: true } : newest;
    });
    this.drop(number);
    this.pages.set(number, { rows, last: answer.last_cursor ?? null });
    rows.forEach((row, index) => {
      this.places.set(row.id, number * PAGE_SIZE + index);
    });
    while (this.pages.size > (this.options.pagesKept ?? PAGES_KEPT)) {
      const oldest = this.pages.keys().next().value;
      if (oldest === undefined) break;
      this.drop(oldest);
    }
    this.total = answer.total;
    this.totalCapped = answer.total_capped;
    this.logCursor ??= answer.log_cursor;
    this.loaded = true;
    this.error = null;
    this.listeners.tell();
  }

  private touch(number: number): void {
    const page = this.pages.get(number);
    if (!page) return;
    this.pages.delete(number);
    this.pages.set(number, page);
  }

  /** Lets go of a page, and of the places of its rows that no page read later has taken over. */
  private drop(number: number): void {
    const page = this.pages.get(number);
    if (!page) return;
    this.pages.delete(number);
    page.rows.forEach((row, index) => {
      if (this.places.get(row.id) === number * PAGE_SIZE + index) this.places.delete(row.id);
    });
  }
}

/** The rows that are drawn: until the list is read as many as fit, whose cells are bars. */
export function drawnOf({ loaded, total }: RowStore, from: number, to: number, fit: number) {
  if (!loaded) return Array.from({ length: fit }, (_, i) => i);
  return total === 0 ? [] : Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
