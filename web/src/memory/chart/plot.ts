/* The series of the chart and their samples, which are taken also while another tab is shown. */
import type { Section } from "../../api/api";
import { subscribe } from "../../api/events";
import { type ValueType, typeOf } from "../../api/value-types";
import { Observable } from "../../base/store";
import { decode, decodeNumber } from "../source/values";
import { SERIES_MOST, Samples } from "./samples";

export interface Series {
  readonly name: string;
  readonly offset: number;
  readonly type: ValueType;
  readonly little: boolean;
  /** Which of the sixteen colours; stays the same while others come and go. */
  readonly colour: number;
  shown: boolean;
}

export interface Rows {
  type: ValueType;
  little: boolean;
  offset: number;
  count: number;
  stride: number;
}

const INTERVAL_MS = 16;
const WATCH_MAX = 1024 * 1024;

export class Plot extends Observable {
  series: Series[] = [];
  samples = new Samples(0);
  gone = false;
  private latest: Uint8Array[] = [];
  private stops: (() => void)[] = [];

  constructor(
    readonly section: Section,
    private readonly size: number,
  ) {
    super();
  }

  /** Adds a series for each row of values; throws an Error that says why not. */
  add({ type, little, offset, count, stride }: Rows): void {
    const { size } = typeOf(type);
    if (this.series.length + count > SERIES_MOST) {
      throw new Error(`At most ${SERIES_MOST} series: there are ${this.series.length} already.`);
    }
    if (offset + (count - 1) * stride + size > this.size) {
      throw new Error(`The last value would reach past the section's end.`);
    }
    const added = Array.from({ length: count }, (_, i) => {
      const at = offset + i * stride;
      return { name: `${type} 0x${at.toString(16)}`, offset: at, type, little, shown: true };
    });
    for (const one of added) {
      const used = this.series.map((series) => series.colour);
      const colour = Array.from({ length: SERIES_MOST }, (_, i) => i).find((c) => !used.includes(c));
      this.series = [...this.series, { ...one, colour: colour ?? 0 }];
    }
    this.restart();
  }

  remove(series: Series): void {
    this.series = this.series.filter((one) => one !== series);
    this.restart();
  }

  show(series: Series, shown: boolean): void {
    series.shown = shown;
    this.tell();
  }

  clear(): void {
    this.samples = new Samples(this.series.length);
    this.tell();
  }

  close(): void {
    this.stops.forEach((stop) => stop());
    this.stops = [];
    this.dropListeners();
  }

  /** The value as it is now, in words. */
  value(index: number): string {
    const series = this.series[index];
    const bytes = this.latest[index];
    return series && bytes ? decode(series.type, bytes, series.little) : "–";
  }

  csv(): string {
    return this.samples.csv(this.series.map((series) => series.name));
  }

  private restart(): void {
    this.stops.forEach((stop) => stop());
    this.samples = new Samples(this.series.length);
    this.latest = [];
    this.stops = this.ranges().map(([from, to]) => this.watch(from, to));
    this.tell();
  }

  /** The ranges to watch: series that are near each other share one. */
  private ranges(): [number, number][] {
    const spans = this.series
      .map(({ offset, type }): [number, number] => [offset, offset + typeOf(type).size])
      .sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [from, to] of spans) {
      const last = merged.at(-1);
      if (last && from - last[1] <= 256 && to - last[0] <= WATCH_MAX) {
        last[1] = Math.max(last[1], to);
      } else {
        merged.push([from, to]);
      }
    }
    return merged;
  }

  private watch(from: number, to: number): () => void {
    const bytes = new Uint8Array(to - from);
    const take = (at_ms: number): void => {
      this.series.forEach(({ offset }, i) => {
        if (offset >= from && offset < to) {
          this.latest[i] = bytes.subarray(offset - from);
        }
      });
      this.sample(at_ms);
    };
    const watch = {
      section: this.section, offset: from, length: to - from, interval_ms: INTERVAL_MS,
    };
    return subscribe(watch, {
      snapshot: (snapshot) => {
        bytes.set(snapshot);
        take(Date.now());
      },
      change: (ranges, at_ms) => {
        ranges.forEach((range) => bytes.set(range.bytes, range.offset - from));
        take(at_ms);
      },
      gone: () => {
        this.gone = true;
        this.tell();
      },
    });
  }

  private sample(at_ms: number): void {
    const row = this.series.map(({ type, little }, i) => {
      const bytes = this.latest[i];
      return bytes ? decodeNumber(type, bytes, little) : NaN;
    });
    this.samples.push(at_ms / 1000, row);
    this.tell();
  }
}
