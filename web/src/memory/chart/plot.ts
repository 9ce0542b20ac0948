/* The series of the chart and their samples, which are taken also while another tab is shown. */
import type { Section } from "../../api/api";
import { subscribe } from "../../api/events";
import { type ValueType, typeOf } from "../../api/value-types";
import { Observable } from "../../base/store";
import { numberOf, shown } from "../source/field-values";
import type { Fields } from "../source/fields";
import { decode, decodeNumber } from "../source/values";
import { SERIES_MOST, Samples } from "./samples";

export interface Series {
  readonly name: string;
  /** The bytes that it is decoded from; null for a field of a layout, whose path is the name. */
  readonly bytes: { offset: number; type: ValueType; little: boolean } | null;
  readonly unit: string;
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
  private fieldsAt = 0;

  constructor(
    readonly section: Section,
    private readonly size: number,
    private readonly fields: Fields,
  ) {
    super();
  }

  /** Adds a series for each row of values; throws an Error that says why not. */
  add({ type, little, offset, count, stride }: Rows): void {
    const { size } = typeOf(type);
    if (offset + (count - 1) * stride + size > this.size) {
      throw new Error(`The last value would reach past the section's end.`);
    }
    this.addAll(Array.from({ length: count }, (_, i) => {
      const at = offset + i * stride;
      const name = `${type} 0x${at.toString(16)}`;
      return { name, unit: "", bytes: { offset: at, type, little }, shown: true };
    }));
  }

  /** Adds a field of the layout, as its values are told; throws an Error that says why not. */
  addField(path: string, unit: string): void {
    if (!this.hasField(path)) {
      this.addAll([{ name: path, unit, bytes: null, shown: true }]);
    }
  }

  hasField(path: string): boolean {
    return this.series.some(({ name, bytes }) => bytes === null && name === path);
  }

  removeField(path: string): void {
    this.series = this.series.filter(({ name, bytes }) => bytes !== null || name !== path);
    this.restart();
  }

  private addAll(added: Omit<Series, "colour">[]): void {
    if (this.series.length + added.length > SERIES_MOST) {
      throw new Error(`At most ${SERIES_MOST} series: there are ${this.series.length} already.`);
    }
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
    if (series?.bytes === null) {
      return shown(this.fields.values.get(series.name)) || "–";
    }
    const latest = this.latest[index];
    return series && latest ? decode(series.bytes.type, latest, series.bytes.little) : "–";
  }

  csv(): string {
    return this.samples.csv(this.series.map((series) => series.name));
  }

  private restart(): void {
    this.stops.forEach((stop) => stop());
    this.samples = new Samples(this.series.length);
    this.latest = [];
    this.fieldsAt = 0;
    this.stops = this.ranges().map(([from, to]) => this.watch(from, to));
    const paths = this.series.flatMap(({ name, bytes }) => (bytes === null ? name : []));
    if (paths.length > 0) {
      this.stops.push(this.fields.watch(paths), this.fields.follow(() => this.takeFields()));
    }
    this.tell();
  }

  /** The ranges to watch: series that are near each other share one. */
  private ranges(): [number, number][] {
    const spans = this.series
      .flatMap(({ bytes }) => bytes ?? [])
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
      this.series.forEach((series, i) => {
        const offset = series.bytes?.offset ?? -1;
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

  /** A sample for each time at which the daemon told values. */
  private takeFields(): void {
    if (this.fields.known && this.fields.at !== this.fieldsAt) {
      this.fieldsAt = this.fields.at;
      this.sample(this.fields.at);
    }
  }

  private sample(at_ms: number): void {
    const row = this.series.map(({ name, bytes }, i) => {
      if (bytes === null) {
        return numberOf(this.fields.values.get(name), "f64") ?? NaN;
      }
      const latest = this.latest[i];
      return latest ? decodeNumber(bytes.type, latest, bytes.little) : NaN;
    });
    this.samples.push(at_ms / 1000, row);
    this.tell();
  }
}
