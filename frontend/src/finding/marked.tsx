import type { ReactNode } from 'react';
import type { FieldName } from '../api/types';
import type { Marks } from './marks';

/** A cell's text with what the filter's words found in it marked; the text itself where that is nothing. */
export function marked(text: string, column: FieldName, marks: Marks | null): ReactNode {
  const found = marks?.(column, text);
  if (!found) return text;
  let at = 0;
  const parts: ReactNode[] = [];
  for (const [from, to] of found) {
    parts.push(
      text.slice(at, from),
      <mark key={from} className="found">
        {text.slice(from, to)}
      </mark>,
    );
    at = to;
  }
  parts.push(text.slice(at));
  return parts;
}
