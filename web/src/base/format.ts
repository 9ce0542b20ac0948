/** Numbers, sizes and times as text, the same in all views. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** 4096 → "4 KiB", 5000 → "4.88 KiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${UNITS[unit]}`;
}

/** 1234567 → "1,234,567" in every locale. */
export function formatCount(count: number, digits = 0): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** Seconds → "3 d 4 h", "2 min 5 s". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([number]) => number > 0);
  if (first < 0) {
    return "0 s";
  }
  return parts
    .slice(first, first + 2)
    .filter(([number], index) => index === 0 || number > 0)
    .map(([number, unit]) => `${number} ${unit}`)
    .join(" ");
}

/** How long ago a time of the daemon was by this machine's clock. */
export function formatAgo(time: string, now_ms: number): string {
  const seconds = (now_ms - Date.parse(time)) / 1000;
  return seconds < 2 ? "now" : `${formatDuration(seconds).split(" ").slice(0, 2).join(" ")} ago`;
}

/** "1024", "4k", "1.5 MiB", "0x1000" → bytes, or NaN. */
export function parseBytes(text: string): number {
  const trimmed = text.trim();
  if (/^0x[0-9a-f]+$/i.test(trimmed)) {
    return Number(trimmed);
  }
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?$/i.exec(trimmed);
  if (!match) {
    return NaN;
  }
  const power = match[2] ? "kmgt".indexOf(match[2].toLowerCase()) + 1 : 0;
  return Math.round(Number(match[1]) * 1024 ** power);
}
