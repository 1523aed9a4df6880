import { expect, test } from 'vitest';
import { placeOfNote } from './notePlace';

const ROOM = { left: 0, right: 1200, height: 800 };
/** The cell in `row` of a column that begins at 146, as the grid lays it out. */
const cell = (row: number, left = 146, width = 112) => ({
  left,
  top: row * 32,
  width,
  height: 32,
});

test('the note stands above its cell, so that the rows to come stay in sight', () => {
  expect(placeOfNote(cell(10), cell(11), ROOM)).toEqual({ left: 146, bottom: 800 - 320 + 4 });
  expect(placeOfNote(cell(10), cell(10), ROOM)).toEqual({ left: 146, bottom: 800 - 320 + 4 });
  expect(placeOfNote(cell(24), cell(24), ROOM)).toEqual({ left: 146, bottom: 800 - 768 + 4 });
});

test('in the first rows it stands beside its cell', () => {
  expect(placeOfNote(cell(0), cell(1), ROOM)).toEqual({ left: 262, top: 0 });
  expect(placeOfNote(cell(2), cell(3), ROOM)).toEqual({ left: 262, top: 64 });
  // Where the right has no room, at the left.
  expect(placeOfNote(cell(1, 900), cell(2, 900), ROOM)).toEqual({
    left: 896,
    top: 32,
    translate: '-100%',
  });
});

test('a note at the end of its row stays within what is in sight', () => {
  expect(placeOfNote(cell(10, 1050), cell(11, 1050), ROOM)).toMatchObject({ left: 880 });
});

test('after Tab the cell at the right stays free', () => {
  expect(placeOfNote(cell(0), cell(0, 258, 196), ROOM)).toEqual({ left: 146, top: 36 });
});

test('it makes way for the cell that is gone to', () => {
  // Two rows up, where it would stand.
  expect(placeOfNote(cell(10), cell(8), ROOM)).toEqual({ left: 262, top: 320 });
});

test('with no room above or beside, the rows to come are passed over', () => {
  const narrow = { left: 0, right: 420, height: 800 };
  expect(placeOfNote(cell(0), cell(1), narrow)).toEqual({ left: 100, top: 5 * 32 + 4 });
});

test('it lies over no other cell that failed', () => {
  const above = [cell(9), cell(7)];
  expect(placeOfNote(cell(10), cell(10), ROOM, above)).toEqual({ left: 262, top: 320 });
  // Beside it as well: the nearest rows that are free.
  const beside = [...above, cell(11, 262), cell(15)];
  expect(placeOfNote(cell(10), cell(10), ROOM, beside)).toEqual({ left: 262, top: 388 });
});
