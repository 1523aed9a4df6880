import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressOf, earliest, LiveStream, mayOpenAt, moveOf } from './stream';

it('says where a change puts a row', () => {
  expect(moveOf({})).toBe('unknown');
  expect(moveOf({ in: [0, 1], was: [1] })).toBe('enters');
  expect(moveOf({ in: [1], was: [0, 1] })).toBe('leaves');
  expect(moveOf({ in: [0, 1], was: [0, 1] })).toBe('stays');
  expect(moveOf({ in: [1], was: [1] })).toBe('stays');
});

it('asks for the filter and for all the rest', () => {
  expect(addressOf(null, null)).toBe('/api/stream/');
  expect(addressOf('e:7', 'a b')).toBe('/api/stream/?after=e%3A7&q=a+b&q=');
});

describe('LiveStream', () => {
  const opened: { url: string; closed: boolean }[] = [];
  class Source {
    private readonly seen: { url: string; closed: boolean };
    constructor(url: string) {
      this.seen = { url, closed: false };
      opened.push(this.seen);
    }
    addEventListener() {}
    close() {
      this.seen.closed = true;
    }
  }

  beforeEach(() => {
    opened.length = 0;
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Source);
    vi.stubGlobal('window', { addEventListener() {}, removeEventListener() {} });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('has one connection, however fast the filter changes', () => {
    const stream = new LiveStream(() => {});
    stream.start();
    // A filter every 350 ms for seven seconds: each rests long enough to be followed.
    for (let i = 0; i < 20; i++) {
      stream.follow(`acme${i}`);
      vi.advanceTimersByTime(350);
    }
    vi.advanceTimersByTime(5_000);
    expect(opened.filter(({ closed }) => !closed)).toHaveLength(1);
    expect(opened.at(-1)?.url).toContain('acme19');
    expect(opened.length).toBeLessThanOrEqual(10);
    stream.stop();
  });

  it('opens nothing while a filter is being typed, nor for the one it has', () => {
    const stream = new LiveStream(() => {});
    stream.start();
    for (const text of ['a', 'ac', 'acm', 'acme']) {
      stream.follow(text);
      vi.advanceTimersByTime(100);
    }
    stream.follow(null);
    vi.advanceTimersByTime(5_000);
    expect(opened).toHaveLength(1);
    stream.stop();
  });
});

it('opens at once now and then, but not often', () => {
  expect(mayOpenAt([], 10)).toBe(10);
  expect(mayOpenAt([1, 2], 10)).toBe(10);
  expect(mayOpenAt([1_000, 1_100, 1_200], 1_300)).toBe(4_000);
});

it('takes up where the earliest listener needs it', () => {
  expect(earliest([null, 'e:7', 'e:3', null])).toBe('e:3');
  expect(earliest([null, null])).toBe(null);
});
