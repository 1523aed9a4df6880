import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { geometry, offsetAfter, offsetShowing, scrollAt } from './scaledScroll';

/**
 * Rows drawn beyond each edge of the window. Few, because the window is sticky: it never shows what
 * was not drawn in the same frame.
 */
const OVERSCAN = 2;
/** Rows share one offset per block, so that scrolling changes one transform only. */
const BLOCK = 128;
/** Pause after which the thumb is put where the offset says, ms. */
const SETTLE = 160;

export interface ScaledScroll {
  ref: RefObject<HTMLDivElement | null>;
  onScroll: () => void;
  /** Offset of the window in the whole list, px. */
  top: number;
  body: number;
  spacer: number;
  /** First and last row to draw. */
  from: number;
  to: number;
  /** Offset of the block the drawn rows are placed in, px. */
  base: number;
  /** Rows of the DOM; a row's key is its index modulo this. */
  pool: number;
  show: (index: number) => void;
  toTop: () => void;
}

function usePixelRatio(): number {
  const [ratio, setRatio] = useState(window.devicePixelRatio);
  useEffect(() => {
    const update = () => setRatio(window.devicePixelRatio);
    window.addEventListener('resize', update);
    return () => window.removeEventListener('resize', update);
  }, []);
  return ratio;
}

/** The scroll state of `rows` rows of one height under a head of `head` px. */
export function useScaledScroll(rows: number, rowHeight: number, head: number): ScaledScroll {
  const ref = useRef<HTMLDivElement>(null);
  const scrolled = useRef(0);
  const [height, setHeight] = useState(600);
  const [top, setTop] = useState(0);
  const ratio = usePixelRatio();
  const body = Math.max(rowHeight, height - head);
  const shape = geometry(Math.max(rows, 1), rowHeight, body, ratio);
  const shapeNow = useRef(shape);
  shapeNow.current = shape;

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => setHeight(element.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const onScroll = useCallback(() => {
    const element = ref.current;
    if (!element) return;
    const before = scrolled.current;
    const after = element.scrollTop;
    scrolled.current = after;
    // A sideways scroll, or the thumb put right by us: nothing moved.
    if (after === before) return;
    setTop((offset) => offsetAfter(shapeNow.current, offset, before, after));
  }, []);

  const placeThumb = useCallback((offset: number) => {
    const element = ref.current;
    if (!element) return;
    element.scrollTop = Math.round(scrollAt(shapeNow.current, offset));
    scrolled.current = element.scrollTop;
  }, []);

  useEffect(() => {
    if (shape.full === shape.spacer) return;
    const timer = setTimeout(() => placeThumb(top), SETTLE);
    return () => clearTimeout(timer);
  }, [top, shape.full, shape.spacer, placeThumb]);

  const topNow = useRef(top);
  topNow.current = top;
  const move = useCallback(
    (offset: number) => {
      if (offset === topNow.current) return;
      topNow.current = offset;
      setTop(offset);
      placeThumb(offset);
    },
    [placeThumb],
  );
  const show = useCallback(
    (index: number) => move(offsetShowing(shapeNow.current, topNow.current, index, rowHeight)),
    [move, rowHeight],
  );
  const toTop = useCallback(() => move(0), [move]);

  const from = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const to = Math.min(Math.max(rows, 1) - 1, Math.ceil((top + body) / rowHeight) + OVERSCAN);
  return {
    ref,
    onScroll,
    top,
    body,
    spacer: shape.spacer,
    from,
    to,
    base: Math.floor(from / BLOCK) * BLOCK * rowHeight,
    pool: Math.ceil(height / rowHeight) + 2 * OVERSCAN + 4,
    show,
    toTop,
  };
}
