/*
 * The samples of the chart: a time and a value of each series, in a ring of fixed size.
 */
export const SERIES_MOST = 16;

export class Samples {
  private readonly times: Float64Array;
  private readonly values: Float64Array[];
  private head = 0;
  count = 0;

  constructor(
    readonly series: number,
    private readonly capacity = 20_000,
  ) {
    this.times = new Float64Array(capacity);
    this.values = Array.from({ length: series }, () => new Float64Array(capacity));
  }

  /** Seconds since 1970, and a value for each series; NaN where there is none. */
  push(time: number, row: readonly number[]): void {
    const slot = (this.head + this.count) % this.capacity;
    this.times[slot] = time;
    this.values.forEach((column, i) => (column[slot] = row[i] ?? NaN));
    if (this.count < this.capacity) this.count++;
    else this.head = (this.head + 1) % this.capacity;
  }

  time(index: number): number {
    return this.times[(this.head + index) % this.capacity] ?? NaN;
  }

  value(series: number, index: number): number {
    return this.values[series]?.[(this.head + index) % this.capacity] ?? NaN;
  }

  /** The index of the first sample at or after the time. */
  indexAt(time: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Columns for the plot, from the sample before `since` on. With more samples than `most`, a step
   * keeps its lowest and its highest: a spike of one sample must not vanish.
   */
  columns(since: number, most = 2000): [number[], ...(number | null)[][]] {
    const first = Math.max(0, this.indexAt(since) - 1);
    const step = Math.max(1, Math.ceil(((this.count - first) * 2) / most));
    const times: number[] = [];
    for (let i = first; i < this.count; i += step) {
      times.push(this.time(i));
      if (step > 1) times.push(this.time(Math.min(this.count, i + step) - 1));
    }
    const columns = this.values.map((_, series) => this.column(series, first, step));
    return [times, ...columns];
  }

  private column(series: number, first: number, step: number): (number | null)[] {
    const out: (number | null)[] = [];
    for (let i = first; i < this.count; i += step) {
      if (step === 1) {
        out.push(finiteOrNull(this.value(series, i)));
        continue;
      }
      let low = NaN;
      let high = NaN;
      let rising = true;
      for (let j = i; j < Math.min(this.count, i + step); j++) {
        const value = this.value(series, j);
        if (!(value >= low)) {
          low = Number.isNaN(value) ? low : value;
          rising = false;
        }
        if (!(value <= high)) {
          high = Number.isNaN(value) ? high : value;
          rising = true;
        }
      }
      out.push(finiteOrNull(rising ? low : high), finiteOrNull(rising ? high : low));
    }
    return out;
  }

  /** All samples as RFC 4180 has it. */
  csv(names: readonly string[]): string {
    const lines = [["time", ...names].map(quote).join(",")];
    for (let i = 0; i < this.count; i++) {
      const row = this.values.map((_, series) => String(this.value(series, i)));
      lines.push([new Date(this.time(i) * 1000).toISOString(), ...row].join(","));
    }
    return lines.join("\r\n") + "\r\n";
  }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Quotes for CSV, and keeps a spreadsheet from taking a name for a formula. */
function quote(name: string): string {
  const plain = /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
