import type { ReactNode } from 'react';

interface TableProps<T> {
  label: string;
  columns: string[];
  /** Those of the columns that are numbers. */
  numeric?: string[];
  /** Widths of the columns, as CSS has them; equal where none are given. */
  widths?: string[];
  /** Undefined while the first of them are read. */
  rows: T[] | undefined;
  keyOf: (row: T) => string;
  cells: (row: T) => ReactNode[];
  openKey?: string;
  onOpen?: (row: T) => void;
  /** Reads the next rows, where there are any. */
  more?: () => void;
}

/**
 * A list with a head. On a phone each row is a card: its first cell the title, the others below.
 * The first cell is the button that opens the row; the whole row takes the mouse.
 */
export function Table<T>(props: TableProps<T>) {
  const { label, columns, numeric = [], widths, rows, keyOf, cells, openKey, onOpen, more } = props;
  return (
    <div className="flex-1 min-h-0 overflow-auto" role="region" aria-label={label} tabIndex={-1}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th
                key={column}
                scope="col"
                className={numeric.includes(column) ? 'numeric' : undefined}
                style={{ width: widths?.[i] }}
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows === undefined &&
            [0, 1, 2].map((line) => (
              <tr key={line} aria-hidden>
                {columns.map((column) => (
                  <td key={column}>
                    <i className="skeleton" />
                  </td>
                ))}
              </tr>
            ))}
          {rows?.map((row) => (
            <tr
              key={keyOf(row)}
              data-open={openKey === keyOf(row)}
              data-opens={onOpen !== undefined}
              onClick={onOpen && (() => onOpen(row))}
            >
              {cells(row).map((cell, i) => (
                <td
                  key={columns[i]}
                  className={numeric.includes(columns[i] ?? '') ? 'numeric' : undefined}
                >
                  {i === 0 && onOpen ? (
                    <button
                      type="button"
                      className="flex w-full min-w-0 text-left"
                      onClick={(event) => {
                        event.stopPropagation();
                        onOpen(row);
                      }}
                    >
                      {cell}
                    </button>
                  ) : (
                    cell
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more && (
        <div className="p-4 text-center">
          <button type="button" className="btn" onClick={more}>
            Show more
          </button>
        </div>
      )}
    </div>
  );
}
