import { Listeners } from '../lib/listeners';

/** Rows chosen one by one, or all that the filter finds: what the bar above the grid acts on. */
export class RowChoice {
  /** All that match, also those that no page holds. */
  all = false;
  /** With the place in the list that each had when it was chosen. */
  private ids = new Map<string, number>();
  private readonly listeners = new Listeners();

  subscribe = this.listeners.subscribe;
  /** Changes whenever the choice did. */
  snapshot = this.listeners.snapshot;

  has(id: string): boolean {
    return this.all || this.ids.has(id);
  }

  /** How many rows of a list of `total` are chosen. */
  count(total: number): number {
    return this.all ? total : this.ids.size;
  }

  /** The ids chosen one by one; none where all are. */
  list(): string[] {
    return [...this.ids.keys()];
  }

  /** Stretches of the list that hold the rows chosen; short gaps are read along with them. */
  spans(gap: number): { top: number; bottom: number }[] {
    const spans: { top: number; bottom: number }[] = [];
    for (const at of [...this.ids.values()].sort((a, b) => a - b)) {
      const last = spans.at(-1);
      if (last && at - last.bottom <= gap) last.bottom = at;
      else spans.push({ top: at, bottom: at });
    }
    return spans;
  }

  /** Chooses the rows from `top` on, or lets them go. */
  set(ids: string[], top: number, chosen: boolean): void {
    ids.forEach((id, i) => {
      if (chosen) this.ids.set(id, top + i);
      else this.ids.delete(id);
    });
    this.listeners.tell();
  }

  /** Chooses these, from the first of the list on, and no others. */
  only(ids: string[]): void {
    this.all = false;
    this.ids.clear();
    this.set(ids, 0, true);
  }

  chooseAll(): void {
    this.all = true;
    this.ids.clear();
    this.listeners.tell();
  }

  clear(): void {
    if (!this.all && this.ids.size === 0) return;
    this.only([]);
  }
}
