import { describe, expect, it } from 'vitest';
import type { Row } from '../api/types';
import { COLUMNS, type Place } from './columns';
import { byRow, cellsOf, extentOf, planClear, planFill, planNew, planPaste, sent } from './plan';
import type { Box } from './selection';

const place: Place = { timeZone: 'Asia/Kolkata', today: '2026-07-10' };
const pick = (...names: string[]) =>
  names.flatMap((name) => COLUMNS.find((column) => column.name === name) ?? []);
const box = (top: number, bottom: number, left: number, right: number): Box => ({
  top,
  bottom,
  left,
  right,
});

const rows = [
  {
    id: 'a',
    version: 3,
    challan_number: '001',
    date: '2026-07-01',
    customer: 'Asha',
    remarks: 'x',
  },
  { id: 'b', version: 1, challan_number: '002', date: '2026-07-02', customer: 'Girnar' },
  { id: 'c', version: 2, challan_number: '003', date: '2026-07-03', customer: 'Zenith' },
] as (Row & { gone?: boolean })[];
const columns = pick('challan_number', 'date', 'customer', 'remarks');

const paste = (table: string[][], at: Box, mayCreate = true) =>
  planPaste({
    table,
    box: at,
    columns,
    total: rows.length,
    rowAt: (i) => rows[i],
    mayCreate,
    place,
  });

describe('planPaste', () => {
  it('writes a block from the upper left of the range on', () => {
    const plan = paste(
      [
        ['5/7', 'Asha Traders'],
        ['6/7', 'Girnar'],
      ],
      box(0, 0, 1, 1),
    );
    expect(sent(plan.rows)).toEqual([
      { id: 'a', base_version: 3, set: { date: '2026-07-05', customer: 'Asha Traders' } },
      { id: 'b', base_version: 1, set: { date: '2026-07-06' } },
    ]);
    expect(cellsOf(plan.rows)).toBe(3);
    expect(plan.notes).toEqual([]);
  });

  it('fills the range with one value, and repeats a block that fits it', () => {
    const one = paste([['seen']], box(0, 2, 3, 3));
    expect(one.rows.map(({ changes }) => changes.remarks)).toEqual(['seen', 'seen', 'seen']);
    expect(extentOf([['a'], ['b']], box(0, 3, 0, 1))).toEqual(box(0, 3, 0, 1));
    expect(extentOf([['a'], ['b']], box(0, 2, 0, 0))).toEqual(box(0, 1, 0, 0));
  });

  it('leaves out what is not written by hand, and says so only where it differs', () => {
    const same = paste([['001', '01-07-2026', 'Asha', 'y']], box(0, 0, 0, 0));
    expect(same.rows[0]?.changes).toEqual({ remarks: 'y' });
    expect(same.notes).toEqual([]);
    const other = paste([['999', '01-07-2026', 'Asha', 'y']], box(0, 0, 0, 0));
    expect(other.notes).toEqual(['Challan is not written by hand, so left as before.']);
  });

  it('refuses the whole row of a cell that it cannot read', () => {
    const plan = paste(
      [
        ['soon', 'Asha Traders'],
        ['6/7', 'Asha Traders'],
      ],
      box(0, 0, 1, 1),
    );
    expect(plan.rows.map(({ at }) => at)).toEqual([1]);
    expect(plan.refused).toMatchObject([{ at: 0, field: 'date', text: 'soon' }]);
  });

  it('makes challans of lines below the last row, for those who may', () => {
    const table = [
      ['3/7', 'Zenith'],
      ['7/7', 'New Co'],
      ['', ''],
    ];
    const plan = paste(table, box(2, 2, 1, 1));
    expect(sent(plan.rows)).toEqual([
      { id: null, set: { date: '2026-07-07', customer: 'New Co' } },
    ]);
    const without = paste(table, box(2, 2, 1, 1), false);
    expect(without.rows).toEqual([]);
    expect(without.notes).toEqual(['2 lines below the last row left out.']);
  });

  it('knows the names of the columns in the first line', () => {
    const plan = paste(
      [
        ['Date', 'Customer'],
        ['5/7', 'Asha'],
      ],
      box(0, 0, 1, 1),
    );
    expect(plan.rows.map(({ at, changes }) => [at, changes])).toEqual([
      [0, { date: '2026-07-05' }],
    ]);
  });

  it('counts columns beyond the last one', () => {
    expect(paste([['a', 'b', 'c']], box(0, 0, 3, 3)).notes).toEqual([
      '2 columns beyond the last one left out.',
    ]);
  });

  it('writes nothing into a row that was deleted', () => {
    const plan = planPaste({
      table: [['z']],
      box: box(0, 0, 0, 0),
      columns: pick('remarks'),
      total: 1,
      rowAt: () => ({ ...(rows[0] as Row), gone: true }),
      mayCreate: false,
      place,
    });
    expect(plan.rows).toEqual([]);
    expect(plan.refused[0]?.field).toBe(null);
  });

  it('writes nothing into a row that is void or in the trash', () => {
    const locked: Partial<Row>[] = [{ stage: 'void' }, { deleted_at: '2026-07-05T06:34:00Z' }];
    const rowAt = (i: number) => ({ ...(rows[i] as Row), ...locked[i] });
    const range = { box: box(0, 1, 3, 3), columns, rowAt, place };
    expect(planClear(range).rows).toEqual([]);
    expect(planClear(range).refused.map(({ reason }) => reason)).toEqual([
      'A void challan is not changed.',
      'This challan is in the trash; restore it first.',
    ]);
  });

  it('names what is refused by the line that was pasted, a row at a time', () => {
    const dates = { columns: pick('date', 'amount'), total: 30, mayCreate: false, place };
    const rowAt = (i: number) => ({ id: `${i}`, version: 1 }) as Row;
    const table = [
      ['Date', 'Amount'],
      ['5/7', '5'],
      ['soon', 'much'],
    ];
    const { refused } = planPaste({ ...dates, table, box: box(9, 9, 0, 0), rowAt });
    expect(byRow(refused).map((row) => row.map(({ line, field }) => [line, field]))).toEqual([
      [
        [2, 'date'],
        [2, 'amount'],
      ],
    ]);
    // A single line in several rows names none of them.
    const repeated = planPaste({ ...dates, table: [['soon']], box: box(9, 11, 0, 0), rowAt });
    expect(repeated.refused.map(({ at, line }) => [at, line])).toEqual([
      [9, undefined],
      [10, undefined],
      [11, undefined],
    ]);
  });
});

describe('planNew', () => {
  it('takes columns by their names', () => {
    const plan = planNew(
      [
        ['Customer', 'Date'],
        ['Asha', '5/7'],
        ['', ''],
      ],
      columns,
      place,
    );
    expect(sent(plan.rows)).toEqual([{ id: null, set: { customer: 'Asha', date: '2026-07-05' } }]);
  });

  it('else takes those that are written by hand, as shown, and says which', () => {
    const plan = planNew([['5/7', 'Asha']], columns, place);
    expect(plan.rows[0]?.changes).toEqual({ date: '2026-07-05', customer: 'Asha' });
    expect(plan.notes[0]).toContain('Date and Customer');
  });
});

describe('planFill', () => {
  const fill = (at: Box) => planFill({ box: at, columns, rowAt: (i) => rows[i], place });

  it('writes the first row into the others, and what stands so already is no change', () => {
    expect(sent(fill(box(0, 2, 2, 3)).rows)).toEqual([
      { id: 'b', base_version: 1, set: { customer: 'Asha', remarks: 'x' } },
      { id: 'c', base_version: 2, set: { customer: 'Asha', remarks: 'x' } },
    ]);
    expect(fill(box(0, 2, 0, 0)).rows).toEqual([]);
  });

  it('takes the row above for a single one', () => {
    expect(fill(box(1, 1, 2, 2)).rows[0]).toMatchObject({ changes: { customer: 'Asha' } });
    expect(fill(box(0, 0, 2, 2)).rows).toEqual([]);
  });

  it('takes the date of an invoice along with its number', () => {
    const invoiced = [
      { id: 'a', version: 1, invoice_number: 'I1', invoice_date: '2026-06-30' },
      rows[1],
    ];
    const plan = planFill({
      box: box(0, 1, 0, 0),
      columns: pick('invoice_number'),
      rowAt: (i) => invoiced[i] as Row,
      place,
    });
    expect(plan.rows[0]?.changes).toEqual({ invoice_number: 'I1', invoice_date: '2026-06-30' });
  });
});

it('clears what is written by hand', () => {
  const plan = planClear({ box: box(0, 1, 0, 3), columns, rowAt: (i) => rows[i], place });
  expect(sent(plan.rows)).toEqual([
    { id: 'a', base_version: 3, set: { date: null, customer: null, remarks: null } },
    { id: 'b', base_version: 1, set: { date: null, customer: null } },
  ]);
});
