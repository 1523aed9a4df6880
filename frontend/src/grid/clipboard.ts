import type { Row } from '../api/types';
import { type Column, formatValue, type Place } from './columns';

/** Rows that a copy may hold; more belong in a file. */
export const COPY_LIMIT = 10_000;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
const quoteTsv = (text: string) =>
  /[\t\r\n"]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;

export interface Copied {
  tsv: string;
  html: string;
}

/** How rows are copied beside their cells. */
export interface CopyLook {
  /** Whether the names of the columns stand above. */
  headers: boolean;
  /** Labelled lines for a chat instead of cells. */
  shape: 'cells' | 'message';
}

const textsOf = (rows: Row[], columns: Column[], place: Place): string[][] => {
  // A copy outlives the day: a moment of today has its date too.
  const anyDay = { ...place, today: '' };
  return rows.map((row) =>
    columns.map((column) => formatValue(column.kind, row[column.name], anyDay)),
  );
};

const PLAIN: CopyLook = { headers: false, shape: 'cells' };

/** Each row as lines, `Challan: 260700001`, with an empty line between rows. */
function toMessage(texts: string[][], columns: Column[], headers: boolean): Copied {
  const line = (text: string, i: number) => (headers ? `${columns[i]?.label}: ${text}` : text);
  const parts = texts.map((row) => row.map(line).filter((_, i) => row[i] !== ''));
  const html = parts.map((part) => `<p>${part.map(escapeHtml).join('<br>')}</p>`).join('');
  return {
    tsv: parts.map((part) => part.join('\n')).join('\n\n'),
    html: `<meta charset="utf-8">${html}`,
  };
}

const toTsv = (lines: string[][]): string =>
  lines.map((line) => line.map(quoteTsv).join('\t')).join('\r\n');

/** What a spreadsheet that opens a file would take for a formula is made a text by a `'`, as its own users do. */
const harmless = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** The rows as the text of a file. */
export function toText(rows: Row[], columns: Column[], place: Place, look: CopyLook): string {
  const texts = textsOf(rows, columns, place);
  if (look.shape === 'message') return toMessage(texts, columns, look.headers).tsv;
  const lines = texts.map((line) => line.map(harmless));
  return toTsv(look.headers ? [columns.map(({ label }) => label), ...lines] : lines);
}

/**
 * The cells as tab-separated text and as an HTML table. Text cells carry Excel's text format, so
 * that the zeros at the front of a number survive; dates stay DD-MM-YYYY.
 */
export function toClipboard(
  rows: Row[],
  columns: Column[],
  place: Place,
  look: CopyLook = PLAIN,
): Copied {
  const texts = textsOf(rows, columns, place);
  if (look.shape === 'message') return toMessage(texts, columns, look.headers);
  const names = columns.map(({ label }) => label);
  const tsv = toTsv(look.headers ? [names, ...texts] : texts);
  const cell = (text: string, column: Column | undefined) =>
    column?.kind === 'amount'
      ? `<td>${escapeHtml(text)}</td>`
      : `<td style='mso-number-format:"\\@"'>${escapeHtml(text)}</td>`;
  const html = texts
    .map((line) => `<tr>${line.map((text, i) => cell(text, columns[i])).join('')}</tr>`)
    .join('');
  const head = look.headers
    ? `<tr>${names.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr>`
    : '';
  return { tsv, html: `<meta charset="utf-8"><table>${head}${html}</table>` };
}
