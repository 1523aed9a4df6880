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

/**
 * The cells as tab-separated text and as an HTML table. Text cells carry Excel's text format, so
 * that the zeros at the front of a number survive; dates stay DD-MM-YYYY.
 */
export function toClipboard(rows: Row[], columns: Column[], place: Place): Copied {
  const texts = rows.map((row) =>
    columns.map((column) => formatValue(column.kind, row[column.name], place)),
  );
  const tsv = texts.map((line) => line.map(quoteTsv).join('\t')).join('\r\n');
  const cell = (text: string, column: Column | undefined) =>
    column?.kind === 'amount'
      ? `<td>${escapeHtml(text)}</td>`
      : `<td style='mso-number-format:"\\@"'>${escapeHtml(text)}</td>`;
  const html = texts
    .map((line) => `<tr>${line.map((text, i) => cell(text, columns[i])).join('')}</tr>`)
    .join('');
  return { tsv, html: `<meta charset="utf-8"><table>${html}</table>` };
}
