/** What is remembered on this device. Storage may be blocked: then it lasts as long as the page. */

const page = new Map<string, string | null>();

export function kept(key: string): string | null {
  if (page.has(key)) return page.get(key) ?? null;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a text; null forgets it. */
export function keep(key: string, value: string | null): void {
  page.set(key, value);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Blocked; the page still remembers.
  }
}
