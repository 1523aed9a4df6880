import { describe, expect, it, vi } from 'vitest';
import type { RangeAnswer, Row } from '../api/types';
import { PAGE_SIZE, type PagePlace, RowStore } from './rowStore';

const TOTAL = 100_000;

function answer(offset: number, change: Partial<RangeAnswer> = {}): RangeAnswer {
  const rows = Array.from({ length: PAGE_SIZE }, (_, i) => [`id-${offset + i}`, 1, 'Asha', null]);
  return {
    columns: ['id', 'version', 'customer', 'deleted_at'],
    rows,
    total: TOTAL,
    total_capped: false,
    log_cursor: 'e:7',
    ...change,
  };
}

const row = (id: string, version: number, customer: string, deleted_at: string | null = null) =>
  ({ id, version, customer, deleted_at }) as Row;

function storeOf(load = (place: PagePlace) => answer('offset' in place ? place.offset : 0)) {
  const asked: PagePlace[] = [];
  const frames: (() => void)[] = [];
  const store = new RowStore(
    async (place) => {
      asked.push(place);
      return load(place);
    },
    { pagesKept: 3, nextFrame: (run) => frames.push(run) },
  );
  const frame = () => {
    for (const run of frames.splice(0)) run();
  };
  return { store, asked, frame };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 40));

describe('RowStore', () => {
  it('greys a row that left the filter, and keeps it in its place', async () => {
    const { store, frame } = storeOf();
    store.ensure(0, 50);
    await settled();
    store.push(row('id-3', 2, 'Girnar'), true);
    frame();
    expect(store.get(3)).toMatchObject({ customer: 'Girnar', left: true, gone: false });
    store.push(row('id-3', 3, 'Asha'));
    frame();
    expect(store.get(3)?.left).toBe(false);
    store.put(row('id-4', 2, 'Mine'));
    store.push(row('id-4', 2, 'Mine'), true);
    frame();
    expect(store.get(4)?.left).toBe(true);
  });

  it('loads the pages looked at and keeps only so many', async () => {
    const { store, asked } = storeOf();
    store.ensure(0, 50);
    await settled();
    expect(store.total).toBe(TOTAL);
    expect(store.get(3)?.id).toBe('id-3');
    expect(store.logCursor).toBe('e:7');
    for (const start of [10_000, 20_000, 30_000]) {
      store.ensure(start, start + 50);
      await settled();
    }
    expect(asked).toHaveLength(4);
    expect(store.get(3)).toBeUndefined();
    expect(store.get(30_000)?.id).toBe('id-30000');
  });

  it('reads anew what is looked at, wherever that is', async () => {
    const { store, asked } = storeOf();
    store.ensure(0, 50);
    await settled();
    store.ensure(50_000, 50_050);
    await settled();
    asked.length = 0;
    await store.reload();
    expect(asked).toEqual([{ offset: 50_000 }]);
    expect(store.get(50_000)?.id).toBe('id-50000');
    store.ensure(0, 50);
    await settled();
    expect(asked).toHaveLength(2);
  });

  it('walks on by the cursor of the page before', async () => {
    const { store, asked } = storeOf(() => answer(0, { first_cursor: 'a', last_cursor: 'z' }));
    store.ensure(0, 50);
    await settled();
    store.ensure(PAGE_SIZE, PAGE_SIZE + 50);
    await settled();
    expect(asked).toEqual([{ offset: 0 }, { after: 'z' }]);
  });

  it('patches a row in place once per frame and marks what changed', async () => {
    const { store, frame } = storeOf();
    store.ensure(0, 50);
    await settled();
    const seen = vi.fn();
    store.subscribe(seen);
    const untouched = store.get(6);
    store.push(row('id-5', 2, 'Bharat'));
    store.push(row('id-5', 3, 'Chandra'));
    expect(seen).not.toHaveBeenCalled();
    frame();
    expect(seen).toHaveBeenCalledTimes(1);
    expect(store.get(5)).toMatchObject({ customer: 'Chandra', flash: { customer: 3 } });
    expect(store.get(6)).toBe(untouched);
  });

  it('never lets an older version replace a newer', async () => {
    const { store, frame } = storeOf();
    store.ensure(0, 50);
    await settled();
    store.put(row('id-5', 4, 'Mine'));
    store.push(row('id-5', 3, 'Theirs, earlier'));
    frame();
    expect(store.get(5)?.customer).toBe('Mine');
    expect(store.get(5)?.flash).toBeUndefined();
  });

  it('lays a change heard of before over a page read late', async () => {
    const { store, frame } = storeOf();
    store.push(row('id-7', 2, 'Ganga'));
    frame();
    store.ensure(0, 50);
    await settled();
    expect(store.get(7)?.customer).toBe('Ganga');
  });

  it('counts new rows once, moves none, and greys the deleted', async () => {
    const { store, frame } = storeOf();
    store.ensure(0, 50);
    await settled();
    store.countNew('id-new');
    store.countNew('id-new');
    store.countNew('id-3');
    store.push(row('id-4', 2, 'Asha', '2026-07-10T00:00:00Z'));
    frame();
    expect(store.newRows).toBe(1);
    expect(store.get(0)?.id).toBe('id-0');
    expect(store.get(4)?.gone).toBe(true);
    await store.reload(0, 50);
    expect(store.newRows).toBe(0);
  });

  it('keeps what it has when a reading fails, and says so', async () => {
    let broken = false;
    const { store } = storeOf(() => {
      if (broken) throw new Error('down');
      return answer(0);
    });
    store.ensure(0, 50);
    await settled();
    broken = true;
    await store.reload(0, 50);
    expect(store.error).toBeInstanceOf(Error);
    expect(store.get(0)?.id).toBe('id-0');
  });
});
