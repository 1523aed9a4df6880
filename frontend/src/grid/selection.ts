/** The range of cells chosen: from the anchor to the active cell (`row`, `column`). */
export interface Selection {
  anchorRow: number;
  anchorColumn: number;
  row: number;
  column: number;
}

export interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export const START: Selection = { anchorRow: 0, anchorColumn: 0, row: 0, column: 0 };

export function boxOf(selection: Selection): Box {
  return {
    top: Math.min(selection.anchorRow, selection.row),
    bottom: Math.max(selection.anchorRow, selection.row),
    left: Math.min(selection.anchorColumn, selection.column),
    right: Math.max(selection.anchorColumn, selection.column),
  };
}

/** Whether more than one cell is chosen. */
export const isRange = ({ anchorRow, anchorColumn, row, column }: Selection): boolean =>
  anchorRow !== row || anchorColumn !== column;

/** Moves the active cell, within `rows` × `columns`; `extend` keeps the anchor. */
export function moveTo(
  selection: Selection,
  row: number,
  column: number,
  extend: boolean,
  rows: number,
  columns: number,
): Selection {
  const to = {
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  };
  return extend ? { ...selection, ...to } : { ...to, anchorRow: to.row, anchorColumn: to.column };
}

/** Where a key press moves to, or null for a key that does not move. */
export function targetOf(
  key: string,
  ctrl: boolean,
  { row, column }: Selection,
  rows: number,
  columns: number,
  page: number,
): [row: number, column: number] | null {
  switch (key) {
    case 'ArrowDown':
      return [ctrl ? rows - 1 : row + 1, column];
    case 'ArrowUp':
      return [ctrl ? 0 : row - 1, column];
    case 'ArrowRight':
      return [row, ctrl ? columns - 1 : column + 1];
    case 'ArrowLeft':
      return [row, ctrl ? 0 : column - 1];
    case 'PageDown':
      return [row + page, column];
    case 'PageUp':
      return [row - page, column];
    case 'Home':
      return [ctrl ? 0 : row, 0];
    case 'End':
      return [ctrl ? rows - 1 : row, columns - 1];
    default:
      return null;
  }
}
