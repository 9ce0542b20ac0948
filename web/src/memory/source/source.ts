/*
 * The bytes of one section, as far as the page knows them. What is visible is fetched once and then
 * watched through the event stream. A small section is watched as a whole; of a large one the
 * visible pages, and for the heat map single pages spread over the rest.
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
/** The watched range follows the visible one once that has not moved for so long. */
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
  /** Why the section is gone, if it is. */
  gone: string | null = null;
  /** Whether other programs share it no more, or not under its name. */
  orphaned: boolean;
  problem: unknown = null;
  private wanted: Window = NOTHING;
  private watched: Window = NOTHING;
  /** The watched range, once its snapshot has come. */
  private live: Window = NOTHING;
  private fetching = false;
  private closed = false;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private stopWindow: (() => void) | null = null;
  private readonly stopSamples: (() => void)[] = [];

  constructor(readonly section: Section) {
    super();
    this.size = section.view.length;
    this.orphaned = section.orphaned;
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

  setOrphaned(orphaned: boolean): void {
    this.orphaned = orphaned;
    this.tell();
  }

  /** Sets what is visible now. */
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

  /** Reads from the section itself, also what is known already. */
  read(offset: number, length: number, signal?: AbortSignal) {
    return api.read(this.section, offset, length, signal);
  }

  async write(offset: number, bytes: Uint8Array, etag: string): Promise<boolean> {
    try {
      await api.write(this.section, offset, new Uint8Array(bytes), { ifMatch: etag });
      return true;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412) {
        return false;
      }
      throw error;
    }
  }

  async cas(request: Cas): Promise<{ previous: string; swapped: boolean }> {
    const result = await api.atomic(this.section, { op: "cas", ...request });
    return { previous: String(result.previous), swapped: result.swapped };
  }

  /** Stores bytes as they are now. Those that differ flash and count for the heat map. */
  store(...ranges: Range[]): void {
    const now = performance.now();
    const onChange = (from: number, length: number): void => this.heat.add(from, length, now);
    ranges.forEach(({ offset, bytes }) => this.pages.store(offset, bytes, now, onChange));
    this.tell();
  }

  /** Stores bytes that were read or written, unless the stream tells of them: it is newer. */
  storeUnlessLive(range: Range): void {
    const { offset, bytes } = range;
    const isLive = offset >= this.live.start && offset + bytes.length <= this.live.end;
    if (!isLive || !this.pages.knows(offset, bytes.length)) {
      this.store(range);
    }
  }

  /** One request at a time, each for what is visible when it starts: dragging passes by the rest. */
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
        this.storeUnlessLive({ offset: start, bytes });
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
    const watch = { section: this.section, offset, length, interval_ms: INTERVAL_MS };
    return subscribe(watch, {
      snapshot: (bytes) => {
        this.problem = null;
        setLive(true);
        this.store({ offset, bytes });
      },
      change: (ranges) => this.store(...ranges),
      lost: () => setLive(false),
      orphaned: () => this.setOrphaned(true),
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
