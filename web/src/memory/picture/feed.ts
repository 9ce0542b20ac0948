/* The bytes of a picture, kept up to date, and which of them have to be drawn again. */
import type { Section } from "../../api/api";
import { type Range, subscribe } from "../../api/events";
import { Observable } from "../../base/store";

const RANGE_MAX = 1024 * 1024;
export const FEED_MAX_BYTES = 32 * RANGE_MAX;
const INTERVAL_MS = 16;

export class Feed extends Observable {
  readonly bytes: Uint8Array;
  gone = false;
  /** How many times bytes came, for the rate. */
  changes = 0;
  private dirtyFrom = 0;
  private dirtyTo: number;
  private readonly stops: (() => void)[] = [];

  constructor(
    section: Section,
    readonly offset: number,
    length: number,
  ) {
    super();
    this.bytes = new Uint8Array(length);
    this.dirtyTo = length;
    for (let at = 0; at < length; at += RANGE_MAX) {
      const count = Math.min(RANGE_MAX, length - at);
      const watch = { section, offset: offset + at, length: count, interval_ms: INTERVAL_MS };
      const stop = subscribe(watch, {
        snapshot: (bytes) => this.apply([{ offset: offset + at, bytes }]),
        change: (ranges) => this.apply(ranges),
        gone: () => {
          this.gone = true;
          this.tell();
        },
      });
      this.stops.push(stop);
    }
  }

  close(): void {
    this.stops.forEach((stop) => stop());
    this.dropListeners();
  }

  /** The range of `bytes` that changed since the last call, or null. */
  takeDirty(): { from: number; to: number } | null {
    const dirty = this.dirtyFrom < this.dirtyTo ? { from: this.dirtyFrom, to: this.dirtyTo } : null;
    this.dirtyFrom = this.bytes.length;
    this.dirtyTo = 0;
    return dirty;
  }

  private apply(ranges: Range[]): void {
    for (const { offset, bytes } of ranges) {
      const from = offset - this.offset;
      this.bytes.set(bytes, from);
      this.dirtyFrom = Math.min(this.dirtyFrom, from);
      this.dirtyTo = Math.max(this.dirtyTo, from + bytes.length);
    }
    this.changes++;
    this.tell();
  }
}
