/*
 * Scrolling over more pixels than a browser can lay out.
 *
 * A section of 1 TiB has 2^36 rows, 10^12 pixels; an element may be some 10^7 pixels high. So the
 * element that scrolls natively (wheel, touch, momentum) is a treadmill of at most 4 million pixels.
 * It moves one to one; once it rests, its scroll position is set back to the middle, and what is
 * drawn stays. Near the first and the last row the ends of the treadmill are the ends of the
 * section. Larger jumps are made with the strip beside it, or by going to an offset.
 */
const TREADMILL_MAX_PX = 4_000_000;

export class Scroll {
  rows = 0;
  rowHeight = 20;
  viewHeight = 0;
  /** The first visible pixel of all rows laid out one below the other. */
  top = 0;
  private physical = 0;

  get fullHeight(): number {
    return this.rows * this.rowHeight;
  }

  /** How high the element inside the native scroller is. */
  get treadmillHeight(): number {
    return Math.max(this.viewHeight, Math.min(this.fullHeight, TREADMILL_MAX_PX));
  }

  get maxTop(): number {
    return Math.max(0, this.fullHeight - this.viewHeight);
  }

  get firstRow(): number {
    return Math.floor(this.top / this.rowHeight);
  }

  /** How far the first row is hidden above the edge. */
  get shift(): number {
    return this.top - this.firstRow * this.rowHeight;
  }

  /** Rows that are visible at least in part. */
  get visibleRows(): number {
    const last = Math.ceil((this.top + this.viewHeight) / this.rowHeight);
    return Math.max(0, Math.min(this.rows, last) - this.firstRow);
  }

  /** Rows that a page key moves by. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.viewHeight / this.rowHeight) - 1);
  }

  resize(rows: number, rowHeight: number, viewHeight: number): void {
    const first = this.top / this.rowHeight;
    this.rows = rows;
    this.rowHeight = rowHeight;
    this.viewHeight = viewHeight;
    this.moveTo(first * rowHeight);
  }

  moveTo(top: number): void {
    this.top = Math.max(0, Math.min(this.maxTop, top));
  }

  /** Follows the native scroller; returns whether anything moved. */
  scrolled(physical: number): boolean {
    const before = this.top;
    const moved = physical - this.physical;
    this.physical = physical;
    this.moveTo(before + moved);
    return this.top !== before;
  }

  /** Where the native scroller has to stand for the present top. */
  get restingPlace(): number {
    const room = this.treadmillHeight - this.viewHeight;
    const below = this.maxTop - this.top;
    if (this.top <= room / 2) return this.top;
    return below <= room / 2 ? room - below : room / 2;
  }

  /** The scroller was set by code, which is no movement. The browser may have rounded the place. */
  placed(physical: number): void {
    this.physical = physical;
  }

  /** Scrolls as little as makes the row visible; a row farther than a page comes to the middle. */
  reveal(row: number): void {
    const from = row * this.rowHeight;
    const to = from + this.rowHeight;
    const away = Math.max(this.top - from, to - this.top - this.viewHeight);
    if (away <= 0) return;
    if (away > this.viewHeight) this.moveTo(from - (this.viewHeight - this.rowHeight) / 2);
    else this.moveTo(from < this.top ? from : to - this.viewHeight);
  }

  /** The top as a share of all there is to scroll, 0..1. */
  get share(): number {
    return this.maxTop ? this.top / this.maxTop : 0;
  }

  moveToShare(share: number): void {
    this.moveTo(Math.max(0, Math.min(1, share)) * this.maxTop);
  }

  /** The strip's thumb, at least `minimum` pixels long so that it can be dragged. */
  thumb(trackHeight: number, minimum = 24): { start: number; length: number } {
    const ratio = this.fullHeight ? Math.min(1, this.viewHeight / this.fullHeight) : 1;
    const length = Math.min(trackHeight, Math.max(minimum, ratio * trackHeight));
    return { start: this.share * (trackHeight - length), length };
  }
}
