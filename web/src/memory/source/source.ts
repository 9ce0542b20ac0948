/*
 * The memory of one section as the page sees it: what is visible is fetched once and then watched
 * through the page's event stream; of a small section that is all of it, of a large one the visible
 * pages, and samples spread over the rest so that the heat map is not blind there.
 */
import { ApiProblem, api, type Section } from "../../api/api";
import { type Range, subscribe } from "../../api/events";
import { Observable } from "../../base/store";
import type { Cas, Memory } from "./edits";
import { Heat } from "./heat";
import { PAGE_BYTES, Pages } from "./pages";

const WHOLE_MAX = 1024 * 1024;
const SAMPLES = 24;
const INTERVAL_MS = 16;
/** The stream is asked for anew when the window moves: not while it is still moving. */
const SETTLE_MS = 150;
const HEAT_BUCKETS = 256;

interface Window {
  start: number;
  end: number;
}

const NOTHING: Window = { start: 0, end: 0 };

/** Tells after bytes came or changed, or `gone` or `problem` did: many times a second. */
export class Source extends Observable implements Memory {
  readonly size: number;
  readonly pages: Pages;
  readonly heat: Heat;
  /** Why there is no more memory, once there is none. */
  gone: string | null = null;
  problem: unknown = null;
  private wanted: Window = NOTHING;
  private watched: Window = NOTHING;
  /** What is watched, once its snapshot came. */
  private live: Window = NOTHING;
  private fetching = false;
  private closed = false;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private stopWindow: (() => void) | null = null;
  private readonly stopSamples: (() => void)[] = [];

  constructor(readonly section: Section) {
    super();
    this.size = section.view.length;
    this.pages = new Pages(this.size);
    this.heat = new Heat(this.size, HEAT_BUCKETS);
    if (this.size <= WHOLE_MAX) {
      this.watch({ start: 0, end: this.size });
    } else {
      this.watchSamples();
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.settleTimer);
    this.stopWindow?.();
    this.stopSamples.forEach((stop) => stop());
    this.dropListeners();
  }

  /** Says what is visible now. */
  show(offset: number, length: number): void {
    const start = Math.max(0, Math.floor(offset / PAGE_BYTES) - 1) * PAGE_BYTES;
    const end = Math.min(this.size, (Math.ceil((offset + length) / PAGE_BYTES) + 1) * PAGE_BYTES);
    if (start === this.wanted.start && end === this.wanted.end) {
      return;
    }
    this.wanted = { start, end };
    void this.fetchWanted();
    if (this.size > WHOLE_MAX) {
      clearTimeout(this.settleTimer);
      this.settleTimer = setTimeout(() => this.watch(this.wanted), SETTLE_MS);
    }
  }

  /** Bytes from the section itself, whatever is known here. */
  read(offset: number, length: number, signal?: AbortSignal) {
    return api.read(this.section.id, offset, length, signal);
  }

  async write(offset: number, bytes: Uint8Array, etag: string): Promise<boolean> {
    try {
      await api.write(this.section.id, offset, new Uint8Array(bytes), { ifMatch: etag });
      return true;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412) {
        return false;
      }
      throw error;
    }
  }

  async cas(request: Cas): Promise<{ previous: string; swapped: boolean }> {
    const result = await api.atomic(this.section.id, { op: "cas", ...request });
    return { previous: String(result.previous), swapped: result.swapped };
  }

  /** Bytes as they are now: what differs from what we knew flashes and warms the heat map. */
  take(...ranges: Range[]): void {
    const now = performance.now();
    const onChange = (from: number, length: number): void => this.heat.add(from, length, now);
    ranges.forEach(({ offset, bytes }) => this.pages.store(offset, bytes, now, onChange));
    this.tell();
  }

  /** Bytes that were read or written. Of what is live, the stream has told all that came after. */
  learn(range: Range): void {
    const { offset, bytes } = range;
    const isLive = offset >= this.live.start && offset + bytes.length <= this.live.end;
    if (!isLive || !this.pages.knows(offset, bytes.length)) {
      this.take(range);
    }
  }

  /** One request at a time, for what is wanted when it starts: dragging may pass by much. */
  private async fetchWanted(): Promise<void> {
    if (this.fetching) {
      return;
    }
    this.fetching = true;
    try {
      while (!this.closed && !this.gone) {
        const { start, end } = this.wanted;
        if (this.pages.knows(start, end - start)) {
          break;
        }
        const { bytes } = await this.read(start, end - start);
        this.problem = null;
        this.learn({ offset: start, bytes });
      }
    } catch (error) {
      this.fail(error);
    }
    this.fetching = false;
  }

  private fail(error: unknown): void {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 410)) {
      this.end(error.status === 404 ? "closed" : "section_gone");
    } else {
      this.problem = error;
      this.wanted = NOTHING;
    }
    this.tell();
  }

  private end(reason: string): void {
    this.gone ??= reason;
    this.tell();
  }

  private watch(window: Window): void {
    if (window.start === this.watched.start && window.end === this.watched.end) {
      return;
    }
    this.watched = window;
    this.live = NOTHING;
    this.stopWindow?.();
    this.stopWindow = this.subscribe(window.start, window.end - window.start, (isLive) => {
      this.live = isLive ? window : NOTHING;
    });
  }

  private subscribe(offset: number, length: number, setLive = (_: boolean): void => {}): () => void {
    const watch = { section: this.section.id, offset, length, interval_ms: INTERVAL_MS };
    return subscribe(watch, {
      snapshot: (bytes) => {
        this.problem = null;
        setLive(true);
        this.take({ offset, bytes });
      },
      change: (ranges) => this.take(...ranges),
      lost: () => setLive(false),
      gone: (reason) => this.end(reason),
    });
  }

  private watchSamples(): void {
    const pages = Math.floor(this.size / PAGE_BYTES);
    for (let i = 0; i < SAMPLES; i++) {
      const page = Math.floor(((i + 0.5) * pages) / SAMPLES);
      this.stopSamples.push(this.subscribe(page * PAGE_BYTES, PAGE_BYTES));
    }
  }
}
