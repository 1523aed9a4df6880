import { describe, expect, it } from 'vitest';
import type { Row } from '../api/types';
import { COLUMNS } from '../grid/columns';
import { between, Changed, PART, type PartPlace, type ReadPart, textOf } from './tableFile';

const columns = COLUMNS.filter(({ name }) => ['challan_number', 'remarks'].includes(name));
const place = { timeZone: 'Asia/Kolkata', today: '2026-07-10' };
const cells = { headers: true, shape: 'cells' } as const;

/** A list of `ids`, read by offset and by cursor as the server does. */
function listOf(ids: number[], beforePart: (number: number) => void = () => {}) {
  let parts = 0;
  const places: PartPlace[] = [];
  const readPart: ReadPart = async (from, limit) => {
    beforePart(parts);
    parts += 1;
    places.push(from);
    const at = 'offset' in from ? from.offset : ids.indexOf(Number(from.after)) + 1;
    const found = ids.slice(at, at + limit);
    const rows = found.map(
      (id) => ({ id: `${id}`, version: 1, challan_number: `${id}`, remarks: '' }) as Row,
    );
    return { rows, total: ids.length, last: found.length > 0 ? `${found.at(-1)}` : null };
  };
  return { readPart, places };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

async function read(
  { readPart }: { readPart: ReadPart },
  { count, top = 0, whole = true }: { count: number; top?: number; whole?: boolean },
  look: { headers: boolean; shape: 'cells' | 'message' } = cells,
) {
  const told: number[] = [];
  const { signal } = new AbortController();
  const onRead = (rows: number) => told.push(rows);
  const options = { columns, place, look, signal, onRead };
  const texts = await textOf({ top, count, whole, readPart }, options);
  return { lines: texts.join(between(look)).split('\r\n'), told };
}

describe('textOf', () => {
  it('has every row once, under one line of names, and says how far it is', async () => {
    const list = listOf(upTo(2 * PART + 7));
    const { lines, told } = await read(list, { count: 2 * PART + 7 });
    expect(lines).toHaveLength(2 * PART + 8);
    expect(lines[0]).toBe('Challan\tRemarks');
    expect(lines.at(-1)).toBe(`${2 * PART + 6}\t`);
    expect(told).toEqual([PART, 2 * PART, 2 * PART + 7]);
    expect(list.places).toEqual([
      { offset: 0 },
      { after: `${PART - 1}` },
      { after: `${2 * PART - 1}` },
    ]);
  });

  it('has a stretch of the list', async () => {
    const { lines } = await read(listOf(upTo(3 * PART)), { top: 10, count: PART, whole: false });
    expect([lines[1], lines.at(-1), lines.length]).toEqual(['10\t', `${PART + 9}\t`, PART + 1]);
  });

  it('names the lines of every message', async () => {
    const look = { headers: true, shape: 'message' } as const;
    const { lines } = await read(listOf(upTo(PART + 1)), { count: PART + 1 }, look);
    const messages = lines.join('').split('\n\n');
    expect(messages).toHaveLength(PART + 1);
    expect(messages.at(-1)).toBe(`Challan: ${PART}`);
  });

  it.each<[string, (ids: number[]) => void]>([
    ['grew behind', (ids) => ids.push(-1)],
    ['lost a row', (ids) => ids.pop()],
    ['grew in front', (ids) => ids.unshift(-1)],
    ['has a row read already once more', (ids) => ids.splice(PART + 2, 1, 3)],
  ])('is none where the list %s meanwhile', async (_, change) => {
    const ids = upTo(PART + 10);
    const list = listOf(ids, (part) => part === 1 && change(ids));
    await expect(read(list, { count: PART + 10 })).rejects.toThrow(Changed);
  });

  it('is none where the list is not what was promised, and says what it is', async () => {
    await expect(read(listOf(upTo(20)), { count: 19 })).rejects.toMatchObject({ now: 20 });
    await expect(read(listOf(upTo(20)), { count: 21 })).rejects.toMatchObject({ now: 20 });
    await expect(read(listOf(upTo(20)), { count: 5, top: 18, whole: false })).rejects.toMatchObject(
      { now: null },
    );
  });

  it('opens in a spreadsheet as the text it is', async () => {
    const readPart: ReadPart = async () => ({
      rows: [{ id: 'a', version: 1, challan_number: '0042', remarks: '=1+1' } as Row],
      total: 1,
      last: null,
    });
    const { lines } = await read({ readPart }, { count: 1 });
    expect(lines[1]).toBe("0042\t'=1+1");
  });
});
