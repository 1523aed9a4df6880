/** What is remembered on this device. Storage may be blocked or full: then it lasts as long as the page. */

/** What storage did not take. */
const page = new Map<string, string>();

export function kept(key: string): string | null {
  const own = page.get(key);
  if (own !== undefined) return own;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a text; null forgets it. */
export function keep(key: string, value: string | null): void {
  page.delete(key);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value !== null) page.set(key, value);
  }
}

/** The keys that begin so and have something remembered. */
export function keysKept(beginning: string): string[] {
  const keys = new Set(page.keys());
  try {
    for (const key of Object.keys(localStorage)) keys.add(key);
  } catch {
    // Blocked; the page still remembers.
  }
  return [...keys].filter((key) => key.startsWith(beginning));
}
