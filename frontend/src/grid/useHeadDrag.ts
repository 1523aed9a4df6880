import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { Layout } from './GridRow';

/** A press on a heading that goes no further than this is a click, px. */
const CLICK = 5;
/** So near to an edge the columns scroll by themselves, px, this often, ms, and so far each time, px. */
const NEAR = 32;
const BEAT = 50;
const STEP = 24;

/** A heading that is being dragged, and the place it would take: that before column `to`, or behind the last. */
export interface HeadDrag {
  from: number;
  to: number;
}

/** The places that a column may take: pinned ones stay among pinned ones, and others among others. */
const placesOf = ({ pins, columns }: Layout, from: number) =>
  from < pins ? { first: 0, end: pins } : { first: pins, end: columns.length };

/** The place of column `from` if it is let go at `x`, px from the left of all columns. */
export function placeAt(layout: Layout, from: number, x: number): number {
  const { first, end } = placesOf(layout, from);
  let place = first;
  const centre = (at: number) => (layout.lefts[at] ?? 0) + (layout.columns[at]?.width ?? 0) / 2;
  while (place < end && x > centre(place)) place += 1;
  return place;
}

/** The column whose place a column takes that is let go there; null where it stays. */
export function takenPlace({ from, to }: HeadDrag): number | null {
  if (to === from || to === from + 1) return null;
  return to > from ? to - 1 : to;
}

/** The click that ends a drag is none. */
function passOverClick(): void {
  const stop = (event: Event) => event.stopPropagation();
  window.addEventListener('click', stop, { capture: true });
  setTimeout(() => window.removeEventListener('click', stop, { capture: true }));
}

/** Taking a column elsewhere by its heading. By touch a heading scrolls; the keyboard has the same under Columns. */
export function useHeadDrag(
  grid: RefObject<HTMLElement | null>,
  layout: Layout,
  onMove: (from: number, to: number) => void,
) {
  const [drag, setDrag] = useState<HeadDrag | null>(null);
  const now = useRef({ layout, onMove });
  now.current = { layout, onMove };
  const stop = useRef<() => void>(undefined);
  useEffect(() => () => stop.current?.(), []);

  const onPointerDown = useCallback(
    (event: PointerEvent<HTMLElement>, from: number) => {
      const element = grid.current;
      if (!element || event.button !== 0 || event.pointerType === 'touch') return;
      stop.current?.();
      stop.current = follow(element, event, {
        placeAt: (x) => placeAt(now.current.layout, from, x),
        isPinned: from < now.current.layout.pins,
        pinnedWidth: () => now.current.layout.pinnedWidth,
        onDrag: (to) => setDrag(to === null ? null : { from, to }),
        onDrop: (to) => {
          const place = takenPlace({ from, to });
          if (place !== null) now.current.onMove(from, place);
        },
      });
    },
    [grid],
  );
  return { drag, onPointerDown };
}

interface Followed {
  placeAt: (x: number) => number;
  isPinned: boolean;
  pinnedWidth: () => number;
  /** Where it would be let go; null when it is dragged no more. */
  onDrag: (to: number | null) => void;
  onDrop: (to: number) => void;
}

/** Follows a pointer from its press on a heading until it is let go, or Escape; returns what ends it before. */
function follow(grid: HTMLElement, press: PointerEvent<HTMLElement>, head: Followed): () => void {
  const heading = press.currentTarget;
  let x = press.clientX;
  let to: number | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  const put = () => {
    const { left } = grid.getBoundingClientRect();
    to = head.placeAt(x - left + (head.isPinned ? 0 : grid.scrollLeft));
    head.onDrag(to);
  };
  const scroll = () => {
    const { left } = grid.getBoundingClientRect();
    const by =
      x > left + grid.clientWidth - NEAR ? STEP : x < left + head.pinnedWidth() + NEAR ? -STEP : 0;
    if (by === 0 || head.isPinned) return;
    grid.scrollLeft += by;
    put();
  };
  const onMove = (event: globalThis.PointerEvent) => {
    // It was let go where the page did not hear of it.
    if (event.buttons !== 1) {
      end();
      return;
    }
    x = event.clientX;
    if (timer === undefined) {
      if (Math.abs(x - press.clientX) <= CLICK) return;
      heading.setPointerCapture(event.pointerId);
      timer = setInterval(scroll, BEAT);
    }
    put();
  };
  const onUp = () => {
    const place = to;
    if (timer !== undefined) passOverClick();
    end();
    if (place !== null) head.onDrop(place);
  };
  const onKey = (event: KeyboardEvent) => {
    if (timer === undefined || event.key !== 'Escape') return;
    event.stopPropagation();
    event.preventDefault();
    window.addEventListener('pointerup', passOverClick, { once: true });
    end();
  };
  const end = () => {
    clearInterval(timer);
    window.removeEventListener('pointermove', onMove);
    window.removeEventListener('pointerup', onUp);
    window.removeEventListener('pointercancel', end);
    window.removeEventListener('keydown', onKey, { capture: true });
    if (to === null) return;
    to = null;
    head.onDrag(null);
    // The press gave the focus to the heading.
    grid.focus({ preventScroll: true });
  };
  window.addEventListener('pointermove', onMove);
  window.addEventListener('pointerup', onUp);
  window.addEventListener('pointercancel', end);
  window.addEventListener('keydown', onKey, { capture: true });
  return end;
}

/** Width of the line, px. */
export const LINE = 3;

/** Where the line stands at which a column would be let go, px from the left of all columns; the edge of pinned ones is kept free. */
export function lineAt(layout: Layout, { from, to }: HeadDrag): number {
  const { first, end } = placesOf(layout, from);
  const edge = layout.lefts[to] ?? layout.width;
  if (to === first) return edge + 1;
  return to === end ? edge - LINE : edge - 2;
}
