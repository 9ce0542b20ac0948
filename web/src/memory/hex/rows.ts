/*
 * The grid's text: one element for each visible row, reused for the rows that come later.
 *
 * Measured with the same changes on 60 rows: a span for each byte takes twice the time of a few runs
 * of text for each row; glyphs on a canvas take as much as the runs. The runs are text, which scales,
 * and which tests and other programs can read.
 *
 * Runs of zeros are faint, so that other bytes stand out.
 */
import { hexByte } from "../source/values";
import { asciiOf } from "./byte-text";

const HEX = Array.from({ length: 256 }, (_, byte) => hexByte(byte));
const ASCII = Array.from({ length: 256 }, (_, byte) => asciiOf(byte));
const UNKNOWN = -1;
const BEYOND = -2;

/** How a row is set, in characters: offset, gap, hex in groups of eight, gap, text. */
export class Layout {
  readonly digits: number;

  constructor(
    readonly size: number,
    readonly columns: number,
  ) {
    const needed = Math.max(8, (size - 1).toString(16).length);
    this.digits = needed + (needed % 2);
  }

  get hexStart(): number {
    return this.digits + 2;
  }

  get textStart(): number {
    return this.hexStart + this.hexColumn(this.columns - 1) + 4;
  }

  get width(): number {
    return this.textStart + this.columns;
  }

  get rows(): number {
    return Math.ceil(this.size / this.columns);
  }

  /** Where a byte's two digits begin, counted from those of the first byte. */
  hexColumn(column: number): number {
    return 3 * column + Math.floor(column / 8);
  }

  offsetText(row: number): string {
    return (row * this.columns).toString(16).padStart(this.digits, "0");
  }

  /** The line above the rows: the last digits of each column's offset. */
  get head(): string {
    let line = "Offset".padEnd(this.hexStart);
    for (let i = 0; i < this.columns; i++) {
      line = line.padEnd(this.hexStart + this.hexColumn(i)) + (HEX[i] ?? "");
    }
    return `${line}  Text`;
  }

  /** The column that a place in a row belongs to, and on which side; places between go left. */
  columnAt(place: number): { column: number; side: "hex" | "text" } {
    const last = this.columns - 1;
    if (place >= this.textStart - 1) {
      return { column: clamp(Math.floor(place - this.textStart), last), side: "text" };
    }
    let column = clamp(Math.floor((place - this.hexStart + 0.5) / 3), last);
    while (column > 0 && this.hexStart + this.hexColumn(column) - 0.5 > place) {
      column--;
    }
    return { column, side: "hex" };
  }
}

const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));

/** The narrowest screens get four bytes a row, and no more than 64 are useful. */
export function columnsThatFit(size: number, characters: number): number {
  const fitting = [64, 32, 16, 8].find((count) => new Layout(size, count).width <= characters);
  return fitting ?? 4;
}

export class Row {
  readonly element = document.createElement("div");
  private readonly offset = document.createElement("span");
  private readonly hex = document.createElement("span");
  private readonly text = document.createElement("span");
  private readonly bytes: Int16Array;
  private readonly fresh: Int16Array;
  private readonly runs: Text[] = [];
  private shape = "";
  private index = -1;

  constructor(private readonly layout: Layout) {
    this.bytes = new Int16Array(layout.columns).fill(BEYOND);
    this.fresh = new Int16Array(layout.columns);
    this.element.className = "mem-row";
    this.offset.className = "mem-row-offset";
    this.hex.className = "mem-row-hex";
    this.text.className = "mem-row-text";
    this.element.append(this.offset, this.hex, this.text);
  }

  /** Shows the row; `byteAt` returns -1 for unknown bytes. Nothing is written that is the same. */
  show(index: number, byteAt: (offset: number) => number): void {
    const { layout, fresh } = this;
    if (index !== this.index) {
      this.index = index;
      this.offset.textContent = layout.offsetText(index);
    }
    const first = index * layout.columns;
    let same = true;
    for (let i = 0; i < layout.columns; i++) {
      const byte = first + i < layout.size ? byteAt(first + i) : BEYOND;
      same &&= byte === this.bytes[i];
      fresh[i] = byte;
    }
    if (!same) {
      this.bytes.set(fresh);
      this.setHex();
      this.text.textContent = Array.from(this.bytes, (byte) => ASCII[byte] ?? " ").join("");
    }
  }

  private setHex(): void {
    const runs: string[] = [];
    let shape = "";
    for (let i = 0; i < this.bytes.length; i++) {
      const byte = this.bytes[i] ?? BEYOND;
      const kind = byte === 0 ? "z" : "b";
      if (!shape.endsWith(kind)) {
        shape += kind;
        runs.push("");
      }
      runs[runs.length - 1] += digitsOf(byte) + (i % 8 === 7 ? "  " : " ");
    }
    if (shape !== this.shape) {
      this.reshape(shape);
    }
    runs.forEach((run, i) => {
      const node = this.runs[i];
      if (node && node.data !== run) {
        node.data = run;
      }
    });
  }

  private reshape(shape: string): void {
    this.shape = shape;
    this.runs.length = 0;
    const elements = Array.from(shape, (kind) => {
      const element = document.createElement("span");
      element.className = kind === "z" ? "mem-zero" : "mem-bytes";
      const node = document.createTextNode("");
      element.append(node);
      this.runs.push(node);
      return element;
    });
    this.hex.replaceChildren(...elements);
  }
}

function digitsOf(byte: number): string {
  return byte === UNKNOWN ? "··" : (HEX[byte] ?? "  ");
}
