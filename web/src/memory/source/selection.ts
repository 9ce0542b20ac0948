/* The caret and the selection: pure moves over the offsets of a section. */
export interface Selection {
  /** Where the selection began; the same as `head` where one byte is selected. */
  readonly anchor: number;
  /** The byte under the caret. */
  readonly head: number;
}

export interface Shape {
  size: number;
  columns: number;
  pageRows: number;
}

export type Move =
  | "left"
  | "right"
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "rowStart"
  | "rowEnd"
  | "first"
  | "last";

export const caretAt = (offset: number): Selection => ({ anchor: offset, head: offset });
export const startOf = (selection: Selection): number => Math.min(selection.anchor, selection.head);
export const lengthOf = (selection: Selection): number =>
  Math.abs(selection.anchor - selection.head) + 1;

export function moveSelection(selection: Selection, kind: Move, extend: boolean, shape: Shape): Selection {
  const head = target(selection.head, kind, shape);
  return { anchor: extend ? selection.anchor : head, head };
}

function target(head: number, kind: Move, { size, columns, pageRows }: Shape): number {
  const column = head % columns;
  const row = head - column;
  const last = size - 1;
  switch (kind) {
    case "left":
      return Math.max(0, head - 1);
    case "right":
      return Math.min(last, head + 1);
    case "up":
      return head >= columns ? head - columns : head;
    case "down":
      return head + columns <= last ? head + columns : head;
    case "pageUp":
      return Math.max(column, head - columns * pageRows);
    case "pageDown":
      return pageDown(head, columns * pageRows, columns, last);
    case "rowStart":
      return row;
    case "rowEnd":
      return Math.min(last, row + columns - 1);
    case "first":
      return 0;
    case "last":
      return last;
  }
}

/** Stays in the column also at the end, so that page up leads back. */
function pageDown(head: number, bytes: number, columns: number, last: number): number {
  if (head + bytes <= last) return head + bytes;
  return head + Math.floor((last - head) / columns) * columns;
}

const UNITS: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Reads an offset: 64, 0x40, 40h, +16 and -0x10 from the caret, 1.5M, 50%, end. Null if it is none
 * of these or outside of the section.
 */
export function parseOffset(text: string, from: number, size: number): number | null {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/[\s_,]/g, "");
  if (words === "end") return size - 1;
  const sign = /^[+-]/.exec(words)?.[0];
  const amount = parseAmount(sign ? words.slice(1) : words, size);
  if (amount === null) return null;
  const offset = sign === "+" ? from + amount : sign === "-" ? from - amount : amount;
  return offset >= 0 && offset < size ? offset : null;
}

function parseAmount(text: string, size: number): number | null {
  if (/^0x[0-9a-f]+$/.test(text)) return Number(text);
  if (/^[0-9a-f]+h$/.test(text)) return parseInt(text, 16);
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent) return Math.min(size - 1, Math.floor((Number(percent[1]) / 100) * size));
  const [, number, unit] = /^(\d+(?:\.\d+)?)([kmgt]?)(?:ib|b)?$/.exec(text) ?? [];
  return number === undefined ? null : Math.floor(Number(number) * (UNITS[unit ?? ""] ?? 1));
}
