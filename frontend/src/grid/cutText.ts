import type { PointerEvent } from 'react';

/** Has a cell or a heading that shows only a part of its text tell the whole of it where the mouse rests. */
export function tellCutText(event: PointerEvent): void {
  const cell = (event.target as HTMLElement).closest<HTMLElement>('.cell');
  if (!cell) return;
  const shown = cell.querySelector('.cut, .truncate') ?? cell;
  // Rows are drawn again and again in the same elements: what was told of the one before goes.
  if (shown.scrollWidth > shown.clientWidth) cell.title = cell.textContent;
  else cell.removeAttribute('title');
}
