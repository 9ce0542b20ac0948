/* How strongly a changed byte is highlighted: fully at once, then fading. */
const HOLD_MS = 120;
export const FLASH_MS = 1500;

/** From 1 for a change just now to 0 for one long ago, or none (`changedAt` 0). */
export function flashStrength(changedAt: number, now: number): number {
  const age = now - changedAt;
  if (!changedAt || age >= FLASH_MS) return 0;
  if (age <= HOLD_MS) return 1;
  const left = 1 - (age - HOLD_MS) / (FLASH_MS - HOLD_MS);
  return left * left;
}
