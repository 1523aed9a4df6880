import { ArrowDown, ArrowUp } from 'lucide-react';
import type { Layout } from './GridRow';

interface GridHeadProps {
  layout: Layout;
  sort: string;
  onSort: (field: string) => void;
}

/** The direction in which `sort` orders `field`, if it does. */
export function directionOf(sort: string, field: string): 'ascending' | 'descending' | undefined {
  const first = sort.split(',')[0];
  if (first === field) return 'ascending';
  return first === `-${field}` ? 'descending' : undefined;
}

/** Sorting by a column anew starts ascending, then turns. */
export const nextSort = (sort: string, field: string): string =>
  directionOf(sort, field) === 'ascending' ? `-${field}` : field;

export function GridHead({ layout, sort, onSort }: GridHeadProps) {
  return (
    <div role="row" aria-rowindex={1} className="grid-head" style={{ width: layout.width }}>
      {layout.columns.map((column, i) => {
        const direction = directionOf(sort, column.name);
        const Arrow = direction === 'descending' ? ArrowDown : ArrowUp;
        return (
          <div
            role="columnheader"
            key={column.name}
            aria-colindex={i + 1}
            aria-sort={direction}
            className={`cell${column.kind === 'amount' ? ' numeric' : ''}`}
            style={{ left: layout.lefts[i], width: column.width }}
          >
            {column.sortable ? (
              <button
                type="button"
                tabIndex={-1}
                className={`inline-flex items-center gap-1 hover:text-ink ${direction ? 'text-ink' : ''}`}
                onClick={() => onSort(column.name)}
              >
                {column.label}
                {direction && <Arrow size={13} aria-hidden />}
              </button>
            ) : (
              column.label
            )}
          </div>
        );
      })}
    </div>
  );
}
