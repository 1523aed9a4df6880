import { describe, expect, it } from 'vitest';
import {
  geometry,
  offsetAfter,
  offsetAt,
  offsetShowing,
  scrollAt,
  spacerCap,
} from './scaledScroll';

const BODY = 800;
const small = geometry(1_000, 32, BODY, 1);

describe('a list that fits', () => {
  it('scrolls one to one', () => {
    expect(small.spacer).toBe(32_000);
    expect(offsetAt(small, 5_000)).toBe(5_000);
    expect(offsetAfter(small, 0, 0, 31_200)).toBe(31_200);
  });
});

describe.each([1, 2, 6, 8])('ten million rows at a pixel ratio of %i', (ratio) => {
  const large = geometry(10_000_000, 32, BODY, ratio);
  const maxScroll = large.spacer - BODY;
  const maxOffset = large.full - BODY;

  it('keeps the spacer under the cap in device pixels', () => {
    expect(large.spacer * ratio).toBeLessThanOrEqual(24_000_000);
    expect(large.spacer).toBe(spacerCap(ratio));
  });

  it('reaches the first and the last row', () => {
    expect(offsetAt(large, 0)).toBe(0);
    expect(offsetAt(large, maxScroll)).toBe(maxOffset);
  });

  it('is one to one near both ends', () => {
    expect(offsetAt(large, 32)).toBe(32);
    expect(maxOffset - offsetAt(large, maxScroll - 64)).toBe(64);
    expect(offsetAfter(large, 160, 160, 128)).toBe(128);
  });

  it('never runs backwards and inverts', () => {
    let before = -1;
    for (let scroll = 0; scroll <= maxScroll; scroll += maxScroll / 500) {
      const offset = offsetAt(large, scroll);
      expect(offset).toBeGreaterThan(before);
      expect(scrollAt(large, offset)).toBeCloseTo(scroll, 3);
      before = offset;
    }
  });

  it('reads by the pixel and jumps in proportion', () => {
    const middle = maxOffset / 2;
    expect(offsetAfter(large, middle, 1_000_000, 1_000_100)).toBe(middle + 100);
    expect(offsetAfter(large, middle, 1_000_000, 1_500_000)).toBe(offsetAt(large, 1_500_000));
  });
});

describe('offsetShowing', () => {
  it('moves only as far as needed', () => {
    expect(offsetShowing(small, 320, 5, 32)).toBe(160);
    expect(offsetShowing(small, 320, 12, 32)).toBe(320);
    expect(offsetShowing(small, 0, 25, 32)).toBe(32);
  });
});
