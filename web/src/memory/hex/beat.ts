/*
 * What changes by itself is drawn to one beat: a frame costs the page most where it is drawn at all,
 * so the grid, the strip and the inspector share theirs.
 */
export const BEAT_MS = 50;

/** How long it is from now to the next beat, or to each second one, third one. */
export function untilBeat(now: number, every = 1): number {
  const period = BEAT_MS * every;
  return period - (now % period);
}
