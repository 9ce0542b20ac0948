/*
 * Where in the whole section bytes change: one bucket for each step of the strip beside the grid.
 * Heat rises with each change and halves every 4 seconds.
 */
const HALF_LIFE_MS = 4000;
const COLD = 0.004;
const COOL_EVERY_MS = 100;

export class Heat {
  readonly buckets: Float32Array;
  private cooledAt = 0;

  constructor(
    readonly size: number,
    count: number,
  ) {
    this.buckets = new Float32Array(Math.max(1, Math.min(count, size)));
  }

  bucketOf(offset: number): number {
    const bucket = Math.floor((offset / this.size) * this.buckets.length);
    return Math.max(0, Math.min(this.buckets.length - 1, bucket));
  }

  /** The first byte of a bucket. */
  offsetOf(bucket: number): number {
    return Math.floor((bucket * this.size) / this.buckets.length);
  }

  add(offset: number, length: number, now: number): void {
    if (now - this.cooledAt > COOL_EVERY_MS) {
      this.cool(now);
    }
    const last = this.bucketOf(offset + length - 1);
    for (let bucket = this.bucketOf(offset); bucket <= last; bucket++) {
      const heat = this.buckets[bucket] ?? 0;
      this.buckets[bucket] = heat + (1 - heat) * 0.4;
    }
  }

  /** Lets the heat fade up to now; returns whether any is left. */
  cool(now: number): boolean {
    const factor = 0.5 ** (Math.max(0, now - this.cooledAt) / HALF_LIFE_MS);
    this.cooledAt = Math.max(now, this.cooledAt);
    let warm = false;
    for (let i = 0; i < this.buckets.length; i++) {
      const heat = (this.buckets[i] ?? 0) * factor;
      this.buckets[i] = heat < COLD ? 0 : heat;
      warm ||= heat >= COLD;
    }
    return warm;
  }
}
