/*
 * Which rows of a long table are drawn: those in view and some around them. All rows are of one height,
 * so that what is left out is a gap of a known one.
 */

/** A row by its index, or how many rows are left out. */
export type Line = { row: number } | { gap: number; from: number };

export interface View {
  first: number;
  /** The one behind the last. */
  end: number;
}

/** Rows beyond the edges, so that a step of a key or of a wheel leads to one that is there. */
const AROUND = 12;

/** `above` is how far the first row's upper edge is from that of the view: negative after scrolling. */
export function viewOf(count: number, rowHeight: number, above: number, height: number): View {
  const first = Math.floor(-above / rowHeight) - AROUND;
  const end = Math.ceil((height - above) / rowHeight) + AROUND;
  return {
    first: Math.min(Math.max(0, first), count),
    end: Math.min(Math.max(0, end), count),
  };
}

/** The rows of the view and the one to keep, as that with the focus, in order and with the gaps. */
export function linesOf(count: number, { first, end }: View, kept: number | null): Line[] {
  const drawn: number[] = [];
  for (let row = first; row < Math.min(end, count); row++) {
    drawn.push(row);
  }
  if (kept !== null && kept < count && (kept < first || kept >= end)) {
    drawn.push(kept);
    drawn.sort((a, b) => a - b);
  }
  const lines: Line[] = [];
  let next = 0;
  for (const row of drawn) {
    if (row > next) {
      lines.push({ gap: row - next, from: next });
    }
    lines.push({ row });
    next = row + 1;
  }
  if (next < count) {
    lines.push({ gap: count - next, from: next });
  }
  return lines;
}

/** The first row that is in view itself. */
export function firstSeen({ first, end }: View): number {
  return first === 0 ? 0 : Math.min(first + AROUND, Math.max(first, end - 1));
}
