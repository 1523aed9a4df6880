import { describe, expect, it } from 'vitest';
import type { Row } from '../api/types';
import { toClipboard } from './clipboard';
import { COLUMNS, changesFor, type Place, parseEntry, podMissing, visibleColumns } from './columns';

const place: Place = { timeZone: 'Asia/Kolkata', today: '2026-07-10' };
const pick = (...names: string[]) => COLUMNS.filter((column) => names.includes(column.name));

const rows = [
  {
    id: 'a',
    version: 1,
    challan_number: '000700001',
    date: '2026-07-05',
    dc_summary: 'Pipes "GI"\nand\tvalves <2 in>',
    amount: '124310.50',
  },
  { id: 'b', version: 1, challan_number: null, date: '2026-07-06', dc_summary: null, amount: null },
] as Row[];

describe('toClipboard', () => {
  it('quotes text cells that hold tabs, quotes or lines', () => {
    const { tsv } = toClipboard(
      rows,
      pick('challan_number', 'date', 'dc_summary', 'amount'),
      place,
    );
    expect(tsv).toBe(
      '000700001\t05-07-2026\t"Pipes ""GI""\nand\tvalves <2 in>"\t1,24,310.50\r\n\t06-07-2026\t\t',
    );
  });

  it('puts the names above, or before each line of a message', () => {
    const columns = pick('challan_number', 'dc_summary');
    const cells = toClipboard(rows, columns, place, { headers: true, shape: 'cells' });
    expect(cells.tsv.split('\r\n')[0]).toBe('Challan\tDescription');
    expect(cells.html).toContain('<th>Description</th>');
    const message = toClipboard(rows, columns, place, { headers: true, shape: 'message' });
    expect(message.tsv.split('\n')[0]).toBe('Challan: 000700001');
    expect(message.html).toContain('valves &lt;2 in&gt;');
  });

  it('keeps leading zeros in Excel and escapes what looks like HTML', () => {
    const { html } = toClipboard(rows, pick('challan_number', 'dc_summary'), place);
    expect(html).toContain(`<td style='mso-number-format:"\\@"'>000700001</td>`);
    expect(html).toContain('valves &lt;2 in&gt;');
    expect(html.match(/<tr>/g)).toHaveLength(2);
  });
});

describe('parseEntry', () => {
  it('reads each kind as people type it', () => {
    expect(parseEntry('date', '5/7', place)).toEqual({ value: '2026-07-05' });
    expect(parseEntry('amount', '₹ 1,24,310.5', place)).toEqual({ value: '124310.50' });
    expect(parseEntry('list', 'Ravi, S. Iyer,', place)).toEqual({ value: ['Ravi', 'S. Iyer'] });
    expect(parseEntry('yesno', 'y', place)).toEqual({ value: true });
    expect(parseEntry('text', '  ', place)).toEqual({ value: null });
  });

  it('says what it expected', () => {
    expect(parseEntry('date', 'soon', place)).toHaveProperty('error');
    expect(parseEntry('amount', '12.345', place)).toHaveProperty('error');
  });
});

describe('changesFor', () => {
  const row = { id: 'a', version: 1, invoice_number: null, invoice_date: null } as Row;

  it('sends the number and the date of an invoice together', () => {
    expect(changesFor(row, 'invoice_number', 'INV-9', place)).toEqual({
      invoice_number: 'INV-9',
      invoice_date: '2026-07-10',
    });
    expect(changesFor(row, 'invoice_number', null, place)).toEqual({
      invoice_number: null,
      invoice_date: null,
    });
    expect(changesFor(row, 'remarks', 'x', place)).toEqual({ remarks: 'x' });
  });
});

describe('podMissing', () => {
  const row = { id: 'a', version: 1, delivered_at: '2026-07-05', stage: 'invoiced' } as Row;

  it('is so until a signed copy is known of, even on an invoice', () => {
    expect(podMissing(row)).toBe(true);
    expect(podMissing({ ...row, pod_upload_date: '2026-07-06' })).toBe(false);
    expect(podMissing({ ...row, stage: 'void' })).toBe(false);
    expect(podMissing({ ...row, delivered_at: null })).toBe(false);
  });
});

describe('visibleColumns', () => {
  it('shows only what the server names', () => {
    const info = { name: 'date', label: 'Date', type: 'date', filterable: true };
    const shown = visibleColumns([{ ...info, sortable: true, editable: false }]);
    expect(shown.map((column) => [column.name, column.editable])).toEqual([['date', false]]);
  });
});
