/** Those who want to hear of something, and how often they were told. */
export class Listeners<Told extends unknown[] = []> {
  private readonly all = new Set<(...told: Told) => void>();
  private revision = 0;

  /** Tells `listener` from now on, until the function returned is called. */
  subscribe = (listener: (...told: Told) => void) => {
    this.all.add(listener);
    return () => {
      this.all.delete(listener);
    };
  };

  /** Another number after every time they were told: what `useSyncExternalStore` compares. */
  snapshot = () => this.revision;

  tell(...told: Told): void {
    this.revision += 1;
    for (const listener of this.all) listener(...told);
  }
}
