import { type RefObject, useEffect, useState } from 'react';
import type { Layout } from './GridRow';

export interface ColumnsShown {
  first: number;
  last: number;
}

/** The columns that a window of `width` px at `left` shows beside the pinned ones, with one more each way. */
export function columnsShown(layout: Layout, left: number, width: number): ColumnsShown {
  const { columns, lefts, pins, pinnedWidth } = layout;
  let first = pins;
  const from = left + pinnedWidth;
  while (first < columns.length - 1 && (lefts[first + 1] ?? 0) <= from) first += 1;
  let last = first;
  while (last < columns.length - 1 && (lefts[last + 1] ?? 0) < left + width) last += 1;
  return { first: Math.max(pins, first - 1), last: Math.min(columns.length - 1, last + 1) };
}

/** The columns in sight: rows draw only these, which halves the work of a row on most screens. */
export function useColumnsShown(ref: RefObject<HTMLElement | null>, layout: Layout): ColumnsShown {
  const [shown, setShown] = useState<ColumnsShown>({ first: 0, last: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => {
      const next = columnsShown(layout, element.scrollLeft, element.clientWidth);
      setShown((now) => (now.first === next.first && now.last === next.last ? now : next));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [ref, layout]);
  return shown;
}
