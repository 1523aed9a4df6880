import type { Challan, Person } from '../api/types';
import type { Progress } from '../bulk/jobs';
import { Listeners } from '../lib/listeners';

export interface ChallanEvent {
  kind: string;
  challan: Challan;
  changed?: string[];
  by?: Person;
  at?: string;
  /** Places of the stream's filters in which the row is now, and in which it was before. */
  in?: number[];
  was?: number[];
}

/** Where a change puts a row, as to the filter that is looked at. */
export type Move = 'stays' | 'enters' | 'leaves' | 'unknown';

/** What an event says of the filter at place 0; nothing where the stream has no filter. */
export function moveOf({ in: now, was }: Pick<ChallanEvent, 'in' | 'was'>): Move {
  if (!now || !was) return 'unknown';
  const isIn = now.includes(0);
  const wasIn = was.includes(0);
  if (isIn === wasIn) return 'stays';
  return isIn ? 'enters' : 'leaves';
}

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface LiveListener {
  /** `filter` is the one that the event's places are of. */
  challan?: (event: ChallanEvent, filter: string | null) => void;
  /** A row left what this person may see. */
  gone?: (id: string) => void;
  /** The stream could not resume: everything shown has to be read again. */
  reset?: () => void;
  /** One's own rights changed. */
  account?: () => void;
  /** A batch of one's own goes on in the background. */
  batch?: (progress: Progress) => void;
}

const RETRY_FIRST = 1_000;
const RETRY_LONGEST = 15_000;
/** Pause after a filter was chosen before the connection is opened anew for it, ms. */
const FILTER_PAUSE = 300;
/**
 * The server allows six connections a person, and one that was left counts until it is found gone, a
 * second or two later. So a tab opens anew for filters at most this often within that time, ms.
 */
const OPENINGS = 3;
const OPENINGS_WITHIN = 3_000;

/** `epoch:seq` in parts; an unreadable cursor has no place. */
function placeOf(cursor: string | null): { epoch: string; seq: number } | null {
  const at = cursor?.lastIndexOf(':') ?? -1;
  if (!cursor || at < 0) return null;
  return { epoch: cursor.slice(0, at), seq: Number(cursor.slice(at + 1)) };
}

/** Whether place `a` comes before place `b` of the same log. */
export function isBefore(a: string | null, b: string | null): boolean {
  const left = placeOf(a);
  const right = placeOf(b);
  return Boolean(left && right && left.epoch === right.epoch && left.seq < right.seq);
}

/** The earliest of places in the log; those of another log than the last do not count. */
export function earliest(places: (string | null)[]): string | null {
  return places.reduce((first, at) => (first === null || isBefore(at, first) ? at : first), null);
}

/** When the next connection may be opened, given when the last ones were, ms. */
export function mayOpenAt(openings: number[], now: number): number {
  const before = openings.at(-OPENINGS);
  return before === undefined ? now : Math.max(now, before + OPENINGS_WITHIN);
}

/** The address of a connection; beside a filter the empty one, which holds for every row. */
export function addressOf(cursor: string | null, filter: string | null): string {
  const parameters = new URLSearchParams();
  if (cursor) parameters.set('after', cursor);
  if (filter) for (const q of [filter, '']) parameters.append('q', q);
  const text = parameters.toString();
  return text ? `/api/stream/?${text}` : '/api/stream/';
}

/**
 * The one live connection of this page. It reconnects by itself after the last place it saw, so
 * that nothing is missed; where the server cannot resume there, listeners hear `reset`.
 */
export class LiveStream {
  connection: Connection = 'connecting';
  /** When the connection was last live; what is shown is as of then. */
  since: Date | null = null;

  private source: EventSource | null = null;
  private cursor: string | null = null;
  /** Place the present connection began at; earlier changes were not told by it. */
  private began: string | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** The filter that is looked at; the one the connection was opened with; both null for none. */
  private filter: string | null = null;
  private opened: string | null = null;
  private changing: ReturnType<typeof setTimeout> | undefined;
  /** From where changes have to be told again: by another filter, and for something just read. */
  private filterFrom: string | null = null;
  private coverage: string | null = null;
  private openings: number[] = [];
  private wait = RETRY_FIRST;
  private listeners = new Set<LiveListener>();
  private readonly watchers = new Listeners();
  private running = false;

  constructor(private readonly onError: () => void) {}

  watch = this.watchers.subscribe;
  state = () => this.connection;

  listen(listener: LiveListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    this.running = true;
    window.addEventListener('online', this.reopen);
    window.addEventListener('offline', this.lost);
    this.open();
  }

  stop(): void {
    this.running = false;
    window.removeEventListener('online', this.reopen);
    window.removeEventListener('offline', this.lost);
    clearTimeout(this.retry);
    clearTimeout(this.changing);
    this.source?.close();
    this.source = null;
  }

  /**
   * Asks to be told, with every change, whether the row is and was in this filter, which the server
   * could read. Changes outside of it are told as well: other parts of the page follow them.
   */
  follow(filter: string | null): void {
    this.filter = filter || null;
    this.filterFrom = this.filter === this.opened ? null : (this.filterFrom ?? this.cursor);
    this.openSoon(FILTER_PAUSE);
  }

  /** Makes sure that every change after `cursor`, the place of something just read, is told. */
  coverFrom(cursor: string): void {
    const known = this.began ?? this.cursor;
    if (known && !isBefore(cursor, known)) return;
    this.coverage = earliest([cursor, this.coverage]);
    if (!this.running) this.cursor = this.coverage;
    else this.openSoon(0);
  }

  /** Opens the connection anew where that is needed: after a pause, and not too often. */
  private openSoon(pause: number): void {
    clearTimeout(this.changing);
    const now = Date.now();
    this.changing = setTimeout(
      () => {
        const isNeeded = this.coverage !== null || this.filter !== this.opened;
        // Without a connection the next try brings both along.
        if (this.running && this.source && isNeeded) this.open();
      },
      Math.max(pause, mayOpenAt(this.openings, now) - now),
    );
  }

  /** Opens the connection anew, after the last place seen. */
  reopen = (): void => {
    this.wait = RETRY_FIRST;
    if (this.running) this.open();
  };

  private open(): void {
    clearTimeout(this.retry);
    clearTimeout(this.changing);
    this.source?.close();
    this.openings = [...this.openings, Date.now()].slice(-OPENINGS);
    this.cursor = earliest([this.cursor, this.filterFrom, this.coverage]);
    this.filterFrom = null;
    this.coverage = null;
    this.began = this.cursor;
    const filter = this.filter;
    this.opened = filter;
    const source = new EventSource(addressOf(this.cursor, filter));
    this.source = source;
    source.addEventListener('hello', (event) => this.greeted(event));
    source.addEventListener('challan', (event) => {
      this.seen(event);
      const told = JSON.parse(event.data) as ChallanEvent;
      for (const listener of this.listeners) listener.challan?.(told, filter);
    });
    source.addEventListener('gone', (event) => {
      this.seen(event);
      const { id } = JSON.parse(event.data) as { id: string };
      for (const listener of this.listeners) listener.gone?.(id);
    });
    source.addEventListener('batch', (event) => {
      this.seen(event);
      const progress = JSON.parse(event.data) as Progress;
      for (const listener of this.listeners) listener.batch?.(progress);
    });
    source.addEventListener('account', () => {
      for (const listener of this.listeners) listener.account?.();
    });
    source.addEventListener('bye', (event) => this.dismissed(event));
    source.onerror = () => {
      this.onError();
      this.lost();
    };
  }

  private greeted(event: MessageEvent): void {
    const hello = JSON.parse(event.data) as { cursor?: string; outcome?: string };
    const resumed = this.cursor !== null;
    this.seen(event);
    this.cursor = event.lastEventId || hello.cursor || this.cursor;
    this.began ??= this.cursor;
    this.wait = RETRY_FIRST;
    this.show('live');
    if (resumed && hello.outcome === 'reset') {
      for (const listener of this.listeners) listener.reset?.();
    }
  }

  /** The server closes the connection; where that is for lack of a right, what one may do has changed. */
  private dismissed(event: MessageEvent): void {
    const { reason } = JSON.parse(event.data) as { reason?: string };
    if (reason === 'forbidden' || reason === 'signed_out') {
      for (const listener of this.listeners) listener.account?.();
      this.onError();
    }
    this.lost();
  }

  private seen(event: MessageEvent): void {
    if (event.lastEventId) this.cursor = event.lastEventId;
  }

  private lost = (): void => {
    this.source?.close();
    this.source = null;
    if (!this.running) return;
    this.show(navigator.onLine ? 'reconnecting' : 'offline');
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, RETRY_LONGEST);
  };

  private show(connection: Connection): void {
    if (this.connection === 'live' && connection !== 'live') this.since = new Date();
    this.connection = connection;
    this.watchers.tell();
  }
}
