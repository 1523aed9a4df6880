/** Where the note of a cell stands: not over the cell that the person is in, nor over the next ones or what failed. */

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What is in sight of the cells, px. */
export interface Room {
  left: number;
  right: number;
  height: number;
}

export interface NotePlace {
  left: number;
  top?: number;
  bottom?: number;
  /** Set where `left` is where it ends. */
  translate?: string;
}

/** As wide as a note gets, and as high as one of four lines, px. */
const WIDTH = 320;
const HEIGHT = 124;
const GAP = 4;
/** Rows below the active cell that stay free. */
const NEXT = 3;

/** The active cell and those that come next: to the right after Tab, else below. */
function keptFree(cell: Rect, active: Rect): Rect {
  const isTabbed = active.top === cell.top && active.left !== cell.left;
  return isTabbed
    ? { ...active, width: active.width * 2 }
    : { ...active, height: active.height * (NEXT + 1) };
}

const meet = (a: Rect, b: Rect): boolean =>
  a.left < b.left + b.width &&
  b.left < a.left + a.width &&
  a.top < b.top + b.height &&
  b.top < a.top + a.height;

const within = (value: number, least: number, most: number) =>
  Math.max(least, Math.min(value, most));

/** Places at the left, at the right and over the column of a cell, the nearest rows first. */
function around(cell: Rect, left: number, room: Room) {
  const columns = [cell.left + cell.width + GAP, cell.left - GAP - WIDTH, left];
  const rows = Math.ceil(room.height / cell.height);
  return Array.from({ length: rows }, (_, i) => i + 1).flatMap((away) =>
    columns.flatMap((at) => [
      { left: at, top: cell.top - away * cell.height },
      { left: at, top: cell.top + away * cell.height + GAP },
    ]),
  );
}

/**
 * Above the cell where there is room, else beside it, else below what must stay free, else the nearest
 * place that covers none of `others`: those wait for the person too, and are clicked.
 */
export function placeOfNote(cell: Rect, active: Rect, room: Room, others: Rect[] = []): NotePlace {
  const free = keptFree(cell, active);
  const left = within(cell.left, room.left, Math.max(room.left, room.right - WIDTH));
  const beside = within(cell.top, 0, Math.max(0, room.height - HEIGHT));
  const below = cell.top + cell.height + GAP;
  const beyond = { left, top: free.top + free.height + GAP };
  const above = cell.top - GAP - HEIGHT;
  const before = cell.left - GAP - WIDTH;
  const found = [
    { left, top: above },
    { left: cell.left + cell.width + GAP, top: beside },
    { left: before, top: beside },
    { left, top: below },
    beyond,
    ...(others.length > 0 ? around(cell, left, room) : []),
  ].find(
    (at) =>
      at.left >= room.left &&
      at.left + WIDTH <= room.right &&
      at.top >= 0 &&
      at.top + HEIGHT <= room.height &&
      ![free, ...others].some((kept) => meet({ ...at, width: WIDTH, height: HEIGHT }, kept)),
  );
  // Held at its foot, or at its end, so that a small note too stands right at its cell.
  if (found?.top === above) return { left, bottom: room.height - cell.top + GAP };
  if (found?.left === before) return { left: cell.left - GAP, top: beside, translate: '-100%' };
  return found ?? beyond;
}
