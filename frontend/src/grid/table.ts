/** What another program put on the clipboard, as rows of texts. */

/** Reads tab-separated text as spreadsheets write it: a field with a tab, a break or a quote stands in quotes. */
export function parseTsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endField = () => {
    row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] as string;
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else quoted = false;
    } else if (sign === '"' && field === '' && closes(text, i)) quoted = true;
    else if (sign === '\t') endField();
    else if (sign === '\n') endRow();
    else if (sign !== '\r') field += sign;
    else if (text[i + 1] !== '\n') endRow();
  }
  // A break at the end of the last row begins no further one.
  if (field !== '' || row.length > 0) endRow();
  return rows;
}

/** Whether the quote at `from` has its end before a tab, a break or the end: else it is one of the text, as in `"5 inch`. */
function closes(text: string, from: number): boolean {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] !== '"') continue;
    if (text[i + 1] !== '"') return i + 1 === text.length || /[\t\r\n]/.test(text[i + 1] as string);
    i += 1;
  }
  return false;
}

/** Reads the first table of some HTML; null where it has none. */
export function parseHtmlTable(html: string): string[][] | null {
  // The page's content security policy refuses styles, and reports each: they go before parsing.
  const plain = html
    .replaceAll(/<style[\s\S]*?<\/style>/gi, '')
    .replaceAll(/\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, '');
  const table = new DOMParser().parseFromString(plain, 'text/html').querySelector('table');
  if (!table) return null;
  return Array.from(table.rows, (row) =>
    Array.from(row.cells, (cell) => (cell.textContent ?? '').replaceAll(/\s+/g, ' ').trim()),
  );
}

/** The rows on a clipboard: its text, and its HTML only where it has no text. */
export function tableOf(data: DataTransfer): string[][] {
  const text = data.getData('text/plain');
  if (text !== '') return parseTsv(text);
  return parseHtmlTable(data.getData('text/html')) ?? [];
}
