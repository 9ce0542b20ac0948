/** What the daemon counts, read from /metrics (Prometheus text). */

/** Sums of all series of a name. */
export type Sample = ReadonlyMap<string, number>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)(?: \d+)?$/;

export function parseMetrics(text: string): Sample {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    const value = Number(match?.[2]);
    if (match?.[1] !== undefined && Number.isFinite(value)) {
      sums.set(match[1], (sums.get(match[1]) ?? 0) + value);
    }
  }
  return sums;
}

export interface TimedSample {
  at_s: number;
  sample: Sample;
}

/** The last samples, oldest first, as far back as a chart shows. */
export function remember(samples: TimedSample[], next: TimedSample, span_s: number): TimedSample[] {
  return [...samples.filter((each) => each.at_s >= next.at_s - span_s - 5), next];
}

/** A counter's rate between consecutive samples; null where it is missing or was reset. */
export function ratesOf(samples: TimedSample[], name: string): (number | null)[] {
  return samples.map(({ at_s, sample }, i) => {
    const before = samples[i - 1];
    const now = sample.get(name);
    const then = before?.sample.get(name);
    if (before === undefined || now === undefined || then === undefined || now < then) {
      return null;
    }
    return (now - then) / Math.max(at_s - before.at_s, 0.001);
  });
}

/** A gauge's values. */
export function valuesOf(samples: TimedSample[], name: string): (number | null)[] {
  return samples.map(({ sample }) => sample.get(name) ?? null);
}
