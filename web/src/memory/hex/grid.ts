/*
 * The hex grid: rows of text over a canvas with the flashes of changes, the matches, the selection
 * and the caret. It is drawn when something has changed, and while flashes fade.
 */
import type { FieldPlace } from "../../api/layouts";
import { Observable } from "../../base/store";
import { colourOf, colourScheme } from "../../ui/theme";
import { MARK_COLOURS, marksIn } from "../source/field-marks";
import type { Model, Side } from "../source/model";
import { asAscii } from "./byte-text";
import { FLASH_MS, flashStrength } from "./flash";
import { untilRedraw } from "./redraw";
import { Layout, Row, columnsThatFit } from "./rows";
import { Scroll } from "./scroll";

const SETTLE_MS = 200;
const ROW_PX = 20;
const SIDE_LEAST_PX = 322;
const STRIP_PX = 22;

/** Where the columns' boxes begin and end, in pixels. */
interface Edges {
  hex: { from: number[]; to: number[] };
  text: { from: number[]; to: number[] };
}

interface Colours {
  fields: string[];
  flash: string;
  selected: string;
  selectedQuiet: string;
  caret: string;
  caretQuiet: string;
  match: string;
  clash: string;
}

export class Grid {
  readonly scroll = new Scroll();
  layout: Layout;
  /** Tells when another part of the section is visible. */
  readonly viewport = new Observable();
  private rows: Row[] = [];
  private charWidth = 8;
  private padding = 12;
  private frame = 0;
  private dueTimer: ReturnType<typeof setTimeout> | undefined;
  /** Draw in the next frame: the user moved the selection or scrolled. */
  private urgent = true;
  private stale = true;
  private edges: Edges | null = null;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private colours: Colours | null = null;
  /** What the marks of the fields were found for. */
  private marked: { places: readonly FieldPlace[]; from: number; to: number } | null = null;
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[];

  constructor(
    private readonly model: Model,
    private readonly scroller: HTMLElement,
    private readonly treadmill: HTMLElement,
    private readonly layer: HTMLElement,
    private readonly head: HTMLElement,
    private readonly around: { body: HTMLElement; grid: HTMLElement },
  ) {
    this.layout = new Layout(model.size, model.columns);
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.context = this.canvas.getContext("2d")!;
    layer.append(this.canvas);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(scroller);
    this.observer.observe(around.body);
    scroller.addEventListener("scroll", this.scrolled, { passive: true });
    scroller.addEventListener("focus", this.redraw);
    scroller.addEventListener("blur", this.redraw);
    this.stops = [
      colourScheme.follow(this.recolour),
      model.follow(this.redraw),
      model.source.follow(this.markStale),
    ];
    model.reveal = (offset) => this.reveal(offset);
    this.measure();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.dueTimer);
    clearTimeout(this.settleTimer);
    this.observer.disconnect();
    this.stops.forEach((stop) => stop());
    this.scroller.removeEventListener("scroll", this.scrolled);
    this.scroller.removeEventListener("focus", this.redraw);
    this.scroller.removeEventListener("blur", this.redraw);
    this.model.reveal = () => {};
    this.layer.replaceChildren();
  }

  /** 0: as many as fit. */
  setColumns(count: number): void {
    this.model.columnsWanted = count;
    this.measure();
  }

  /** The byte at a point of the page, or the nearest one. */
  byteAt(clientX: number, clientY: number): { offset: number; side: Side } {
    const box = this.layer.getBoundingClientRect();
    const place = (clientX - box.left - this.padding) / this.charWidth;
    const y = Math.max(0, Math.min(box.height - 1, clientY - box.top));
    const row = Math.floor((this.scroll.top + y) / this.scroll.rowHeight);
    const { column, side } = this.layout.columnAt(place);
    const offset = row * this.layout.columns + column;
    return { offset: Math.max(0, Math.min(this.model.size - 1, offset)), side };
  }

  reveal(offset: number): void {
    this.scroll.reveal(Math.floor(offset / this.layout.columns));
    this.viewMoved();
  }

  moveToShare(share: number): void {
    this.scroll.moveToShare(share);
    this.viewMoved();
  }

  moveBy(pixels: number): void {
    this.scroll.moveTo(this.scroll.top + pixels);
    this.viewMoved();
  }

  readonly redraw = (): void => {
    this.urgent = true;
    this.markStale();
  };

  private readonly markStale = (): void => {
    this.stale = true;
    this.schedule();
  };

  private readonly recolour = (): void => {
    this.colours = null;
    this.redraw();
  };

  private readonly scrolled = (): void => {
    this.head.style.transform = `translateX(${-this.scroller.scrollLeft}px)`;
    if (this.scroll.scrolled(this.scroller.scrollTop)) {
      this.viewMoved(false);
    }
  };

  /** Another part is visible. The native scroller is set back now, or once the user has stopped. */
  private viewMoved(place = true): void {
    const { scroll, layout, model } = this;
    model.firstVisible = scroll.firstRow * layout.columns;
    model.source.show(model.firstVisible, Math.max(1, scroll.visibleRows) * layout.columns);
    clearTimeout(this.settleTimer);
    if (place) {
      this.settle();
    } else {
      this.settleTimer = setTimeout(() => this.settle(), SETTLE_MS);
    }
    this.redraw();
    this.viewport.tell();
  }

  private settle(): void {
    const wanted = this.scroll.restingPlace;
    if (Math.abs(this.scroller.scrollTop - wanted) >= 1) {
      this.scroller.scrollTop = wanted;
    }
    this.scroll.placed(this.scroller.scrollTop);
  }

  private measure(): void {
    const height = this.scroller.clientHeight;
    const beside = getComputedStyle(this.around.body).flexDirection === "row";
    const width = this.around.body.clientWidth - STRIP_PX - (beside ? SIDE_LEAST_PX : 0);
    if (width <= 0 || height === 0) {
      return;
    }
    this.measureCharacter();
    const room = Math.floor((width - 2 * this.padding) / this.charWidth);
    const columns = this.model.columnsWanted || Math.min(32, columnsThatFit(this.model.size, room));
    const changed = columns !== this.layout.columns || this.scroll.rows === 0;
    const first = this.model.firstVisible;
    this.layout = new Layout(this.model.size, columns);
    this.scroll.resize(this.layout.rows, ROW_PX, height);
    if (changed) {
      this.scroll.moveTo(Math.floor(first / columns) * ROW_PX);
    }
    this.model.columns = columns;
    this.model.pageRows = this.scroll.pageRows;
    this.treadmill.style.height = `${this.scroll.treadmillHeight}px`;
    const content = Math.ceil(this.layout.width * this.charWidth) + 2 * this.padding;
    // Where they are side by side, the inspector gets the width that the grid does not need.
    this.around.grid.style.width = beside ? `${Math.min(width, content) + STRIP_PX}px` : "";
    this.resizeLayer(beside ? content : Math.max(width, content), height);
    this.head.textContent = this.layout.head;
    this.edges = null;
    this.makeRows();
    this.viewMoved();
    this.model.tell();
    // Drawn now: this runs after layout, and the new rows would be empty until the next frame.
    cancelAnimationFrame(this.frame);
    this.draw();
  }

  private measureCharacter(): void {
    const probe = document.createElement("span");
    probe.className = "mem-row mem-probe";
    probe.textContent = "0".repeat(100);
    this.layer.append(probe);
    this.charWidth = probe.getBoundingClientRect().width / 100;
    probe.remove();
    this.padding = parseFloat(getComputedStyle(this.scroller).getPropertyValue("--mem-pad")) || 0;
  }

  private resizeLayer(width: number, height: number): void {
    const ratio = devicePixelRatio;
    this.layer.style.width = `${width}px`;
    this.layer.style.height = `${height}px`;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  private makeRows(): void {
    const count = Math.min(this.layout.rows, Math.ceil(this.scroll.viewHeight / ROW_PX) + 1);
    this.rows = Array.from({ length: count }, () => new Row(this.layout));
    this.layer.replaceChildren(this.canvas, ...this.rows.map((row) => row.element));
  }

  /**
   * What the user does is drawn in the next frame, other changes in fewer frames. Until one is due no
   * frame is requested, because each costs time even if nothing is drawn in it.
   */
  private schedule(): void {
    if (this.urgent) {
      clearTimeout(this.dueTimer);
      this.dueTimer = undefined;
      this.frame ||= requestAnimationFrame(this.draw);
    } else if (this.frame === 0) {
      this.dueTimer ??= setTimeout(() => {
        this.dueTimer = undefined;
        this.frame ||= requestAnimationFrame(this.draw);
      }, untilRedraw(performance.now()));
    }
  }

  private readonly draw = (): void => {
    this.frame = 0;
    if (this.stale) {
      this.drawRows();
    }
    this.urgent = false;
    this.stale = false;
    if (this.drawBackground(performance.now())) {
      this.schedule();
    }
  };

  private drawRows(): void {
    const { firstRow, shift, visibleRows } = this.scroll;
    const { pending, source } = this.model;
    const byteAt = (offset: number): number =>
      offset === pending?.offset
        ? pending.digit * 16 + (Math.max(0, pending.before) % 16)
        : source.pages.byte(offset);
    for (let i = 0; i < this.rows.length; i++) {
      // A row keeps its element while it is visible, so that scrolling rewrites only new ones.
      const index = firstRow + i;
      const row = this.rows[index % this.rows.length];
      if (!row) {
        continue;
      }
      row.element.hidden = i >= visibleRows;
      if (i < visibleRows) {
        row.show(index, byteAt);
        row.element.style.transform = `translateY(${i * ROW_PX - shift}px)`;
      }
    }
  }

  /** Draws all that is under the text; returns whether something is still fading. */
  private drawBackground(now: number): boolean {
    const { context, canvas } = this;
    this.colours ??= this.readColours();
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.drawFields(this.colours);
    const fading = this.drawFlashes(now, this.colours);
    this.drawMarks(this.colours);
    this.drawSelection(this.colours);
    return fading;
  }

  /** The colours of the layout's fields, which are found anew for other bytes or another layout. */
  private drawFields(colours: Colours): void {
    const { firstRow, visibleRows } = this.scroll;
    const { columns } = this.layout;
    const [from, to] = [firstRow * columns, (firstRow + visibleRows) * columns];
    const { places } = this.model;
    if (places !== this.marked?.places || from !== this.marked.from || to !== this.marked.to) {
      this.marked = { places, from, to };
      this.model.marks = marksIn(places, from, to);
    }
    for (const { offset, length, colour } of this.model.marks) {
      this.context.fillStyle = colours.fields[colour]!;
      this.fillRange(offset, length);
    }
  }

  private drawFlashes(now: number, colours: Colours): boolean {
    const { columns } = this.layout;
    const { firstRow, visibleRows, top } = this.scroll;
    const { pages } = this.model.source;
    const { context } = this;
    const { hex, text } = this.edgesOfColumns();
    let fading = false;
    context.fillStyle = colours.flash;
    const end = Math.min(this.model.size, (firstRow + visibleRows) * columns);
    for (let offset = firstRow * columns; offset < end; offset++) {
      const changedAt = pages.changedAt(offset);
      if (changedAt === 0 || now - changedAt >= FLASH_MS) {
        continue;
      }
      fading = true;
      const column = offset % columns;
      const y = Math.round(((offset - column) / columns) * ROW_PX - top);
      context.globalAlpha = flashStrength(changedAt, now);
      context.fillRect(hex.from[column]!, y, hex.to[column]! - hex.from[column]!, ROW_PX);
      context.fillRect(text.from[column]!, y, text.to[column]! - text.from[column]!, ROW_PX);
    }
    context.globalAlpha = 1;
    return fading;
  }

  /** The match of the search, and the bytes of a write that was not done. */
  private drawMarks(colours: Colours): void {
    const { match, clash } = this.model;
    if (match) {
      this.context.fillStyle = colours.match;
      this.fillRange(match.offset, match.length);
    }
    if (clash) {
      this.context.fillStyle = colours.clash;
      this.fillRange(clash.edit.offset, clash.edit.after.length);
    }
  }

  private drawSelection(colours: Colours): void {
    const { model, context } = this;
    const focused = document.activeElement === this.scroller;
    context.fillStyle = focused ? colours.selected : colours.selectedQuiet;
    if (model.length > 1) {
      this.fillRange(model.start, model.length);
    }
    const head = model.selection.head;
    context.strokeStyle = focused ? colours.caret : colours.caretQuiet;
    context.lineWidth = 1;
    for (const side of ["hex", "text"] as const) {
      const box = this.boxOf(head, side);
      if (side === model.side) {
        context.fillStyle = colours.selected;
        context.fillRect(box.x, box.y, box.width, box.height);
        context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
        context.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1);
      } else {
        context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
      }
    }
    this.drawPending(colours);
  }

  /** A line under the second digit, while only the first was typed. */
  private drawPending(colours: Colours): void {
    const { pending } = this.model;
    if (pending) {
      const box = this.boxOf(pending.offset, "hex");
      this.context.fillStyle = colours.caret;
      this.context.fillRect(box.x + box.width / 2, box.y + box.height - 3, box.width / 2, 3);
    }
  }

  /** Bytes that are visible, row by row and without gaps between them. */
  private fillRange(offset: number, length: number): void {
    const { columns } = this.layout;
    const first = Math.max(offset, this.scroll.firstRow * columns);
    const end = Math.min(offset + length, (this.scroll.firstRow + this.scroll.visibleRows) * columns);
    for (let at = first; at < end;) {
      const next = Math.min(end, (Math.floor(at / columns) + 1) * columns);
      this.fill(at, next - at);
      at = next;
    }
  }

  /** Bytes of one row, on both sides. */
  private fill(offset: number, count: number): void {
    for (const side of ["hex", "text"] as const) {
      const from = this.boxOf(offset, side);
      const to = this.boxOf(offset + count - 1, side);
      this.context.fillRect(from.x, from.y, to.x + to.width - from.x, ROW_PX);
    }
  }

  private boxOf(offset: number, side: Side): { x: number; y: number; width: number; height: number } {
    const { columns } = this.layout;
    const { from, to } = this.edgesOfColumns()[side];
    const column = offset % columns;
    const x = from[column]!;
    const y = Math.round(((offset - column) / columns) * ROW_PX - this.scroll.top);
    return { x, y, width: to[column]! - x, height: ROW_PX };
  }

  private edgesOfColumns(): Edges {
    this.edges ??= { hex: this.edgesOf("hex"), text: this.edgesOf("text") };
    return this.edges;
  }

  /** A byte's box on the hex side takes half of the blanks around it. */
  private edgesOf(side: Side): { from: number[]; to: number[] } {
    const { layout, charWidth, padding } = this;
    const hex = side === "hex";
    const spare = hex ? Math.floor(charWidth / 2) : 0;
    const places = Array.from({ length: layout.columns }, (_, column) =>
      hex ? layout.hexStart + layout.hexColumn(column) : layout.textStart + column);
    const pixel = (place: number): number => Math.round(padding + place * charWidth);
    return {
      from: places.map((place) => pixel(place) - spare),
      to: places.map((place) => pixel(place + (hex ? 2 : 1)) + spare),
    };
  }

  private readColours(): Colours {
    const read = (name: string): string => colourOf(name, this.layer);
    return {
      fields: Array.from({ length: MARK_COLOURS }, (_, i) => read(`--mem-field-${i + 1}`)),
      flash: read("--mem-flash"),
      selected: read("--mem-selected"),
      selectedQuiet: read("--mem-selected-quiet"),
      caret: read("--accent"),
      caretQuiet: read("--line-strong"),
      match: read("--mem-match"),
      clash: read("--mem-clash"),
    };
  }

  /** The caret in words, for screen readers. */
  describe(): string {
    const { model } = this;
    const offset = model.selection.head;
    const byte = model.source.pages.byte(offset);
    const place = `offset ${offset.toString(16)}`;
    if (model.length > 1) {
      return `${model.length} bytes from ${model.start.toString(16)} selected`;
    }
    if (byte < 0) {
      return place;
    }
    const field = model.fieldAt(offset);
    return `${place}: ${byte.toString(16).padStart(2, "0")}, ${asAscii(Uint8Array.of(byte))}` +
      (field === "" ? "" : `, ${field}`);
  }
}
