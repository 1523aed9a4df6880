/** What the server could not read of a filter. */
export interface Fault {
  /** From 1, in characters of the filter. */
  place: number;
  message: string;
}

/** Characters shown on either side of a mistake; a long filter is cut. */
const AROUND = 60;

/** The filter in three parts: before the mistake, the mistake up to the end of its word, and after it. */
export function partsOf(q: string, place: number): [before: string, wrong: string, after: string] {
  const signs = [...q];
  const at = Math.min(Math.max(0, place - 1), signs.length);
  const rest = signs.slice(at).join('');
  const word = /^[^\s:,()"]+/.exec(rest)?.[0] ?? [...rest].slice(0, 1).join('');
  const before = signs.slice(Math.max(0, at - AROUND), at).join('');
  const after = [...rest.slice(word.length)];
  return [
    at > AROUND ? `…${before}` : before,
    // A blank, or the end, is there to be seen.
    word.trim() || '␣',
    after.length > AROUND ? `${after.slice(0, AROUND).join('')}…` : after.join(''),
  ];
}
