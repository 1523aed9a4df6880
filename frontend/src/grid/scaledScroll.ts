/**
 * Scrolling a list that is taller than a browser element may be.
 *
 * The spacer that makes the scroll bar is capped; the true offset (`top`, in px of the whole list)
 * is kept beside it. Near both ends scroll position and offset are the same, so that the first and
 * last rows are reached by wheel and touch as in any list; between them they are proportional.
 */

/** Height of the ends that map one to one, in px. */
const EDGE = 200_000;
/** A scroll step below this is reading (wheel, touch, arrows); above it is a jump of the thumb. */
const READING_STEP = 2_000;

export interface ScrollGeometry {
  /** Height of all rows, px. */
  full: number;
  /** Height of the spacer, px. */
  spacer: number;
  /** Height of the visible rows' window, px. */
  body: number;
}

/** Chromium caps an element in device pixels, Firefox in CSS pixels: stay under both. */
export function spacerCap(devicePixelRatio: number): number {
  return Math.min(6_000_000, Math.floor(24_000_000 / Math.max(1, devicePixelRatio)));
}

export function geometry(
  rows: number,
  rowHeight: number,
  body: number,
  devicePixelRatio: number,
): ScrollGeometry {
  const full = rows * rowHeight;
  return { full, spacer: Math.min(full, spacerCap(devicePixelRatio)), body };
}

const clamp = (value: number, max: number) => Math.max(0, Math.min(max, value));
const lastOffset = (g: ScrollGeometry) => Math.max(0, g.full - g.body);
const lastScroll = (g: ScrollGeometry) => Math.max(0, g.spacer - g.body);

/** Where a scroll position stands in the whole list. */
export function offsetAt(g: ScrollGeometry, scroll: number): number {
  const maxScroll = lastScroll(g);
  const maxOffset = lastOffset(g);
  if (g.full === g.spacer) return clamp(scroll, maxOffset);
  const edge = Math.min(EDGE, maxScroll / 4);
  const at = clamp(scroll, maxScroll);
  if (at <= edge) return at;
  if (at >= maxScroll - edge) return maxOffset - (maxScroll - at);
  return edge + ((at - edge) / (maxScroll - 2 * edge)) * (maxOffset - 2 * edge);
}

/** Where the thumb belongs for an offset; the inverse of `offsetAt`. */
export function scrollAt(g: ScrollGeometry, offset: number): number {
  const maxScroll = lastScroll(g);
  const maxOffset = lastOffset(g);
  const at = clamp(offset, maxOffset);
  if (g.full === g.spacer) return at;
  const edge = Math.min(EDGE, maxScroll / 4);
  if (at <= edge) return at;
  if (at >= maxOffset - edge) return maxScroll - (maxOffset - at);
  return edge + ((at - edge) / (maxOffset - 2 * edge)) * (maxScroll - 2 * edge);
}

/** The offset after the thumb moved from `before` to `after`. */
export function offsetAfter(
  g: ScrollGeometry,
  offset: number,
  before: number,
  after: number,
): number {
  if (g.full === g.spacer) return offsetAt(g, after);
  const step = after - before;
  const atEnd = after <= 0 || after >= lastScroll(g);
  if (atEnd || Math.abs(step) >= READING_STEP) return offsetAt(g, after);
  return clamp(offset + step, lastOffset(g));
}

/** The offset that brings row `index` wholly into the window, moving as little as possible. */
export function offsetShowing(
  g: ScrollGeometry,
  offset: number,
  index: number,
  rowHeight: number,
): number {
  const start = index * rowHeight;
  if (start < offset) return start;
  const end = start + rowHeight - g.body;
  return end > offset ? clamp(end, lastOffset(g)) : offset;
}
