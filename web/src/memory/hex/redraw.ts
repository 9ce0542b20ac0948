/*
 * When to draw what changes without the user. The cost of a frame hardly depends on how much is drawn
 * in it, so the grid, the strip and the inspector draw in the same ones.
 */
export const REDRAW_MS = 50;

/** The time from `now` to the next frame to draw in, or to every second, third … one. */
export function untilRedraw(now: number, every = 1): number {
  const period = REDRAW_MS * every;
  return period - (now % period);
}
