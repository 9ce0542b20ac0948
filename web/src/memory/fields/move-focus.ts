/* Arrow keys in a table of values. */

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};

const buttonsOf = (within: Element | undefined): HTMLButtonElement[] =>
  [...(within?.querySelectorAll<HTMLButtonElement>("button.mem-value") ?? [])];

/** The same place in the next row that has a value there. */
function besideRow(cell: HTMLTableCellElement, index: number, down: boolean): HTMLElement | null {
  let row: Element | null = cell.parentElement;
  while (row) {
    row = down ? row.nextElementSibling : row.previousElementSibling;
    if (row?.classList.contains("mem-gap")) {
      return null;
    }
    const buttons = buttonsOf((row as HTMLTableRowElement | null)?.cells[cell.cellIndex]);
    if (buttons.length > 0) {
      return buttons[Math.min(index, buttons.length - 1)]!;
    }
  }
  return null;
}

/** Arrow keys lead from value to value; Tab leads past the table. */
export function moveFocus(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const { target } = event;
  const cell = (target as HTMLElement).closest("td");
  if (!step || !cell || !(target instanceof HTMLButtonElement)) {
    return;
  }
  event.preventDefault();
  const inRow = buttonsOf(cell.parentElement!);
  const to = step[0] === 0
    ? inRow[inRow.indexOf(target) + step[1]]
    : besideRow(cell, buttonsOf(cell).indexOf(target), step[0] > 0);
  // Where the row beside was left out because it is out of view, this one comes back into it first.
  (to ?? target).focus();
  (to ?? target).scrollIntoView({ block: "nearest", inline: "nearest" });
}
