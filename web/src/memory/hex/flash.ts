/* How strongly a byte that changed stands out: at once and fully, and then it fades. */
const HOLD_MS = 120;
export const FLASH_MS = 1500;

/** 1 for what changed just now, 0 for what did long ago, or never (`changedAt` 0). */
export function flashStrength(changedAt: number, now: number): number {
  const age = now - changedAt;
  if (!changedAt || age >= FLASH_MS) return 0;
  if (age <= HOLD_MS) return 1;
  const left = 1 - (age - HOLD_MS) / (FLASH_MS - HOLD_MS);
  return left * left;
}
