/* Values of fields as the user reads and types them. */
import type { FieldPlace, FieldValue } from "../../api/layouts";

const BRIEF_DIGITS = 6;
const BRIEF_MOST = BRIEF_DIGITS + 2;

/** As text; control and bidirectional characters show as marks, so that they change nothing around. */
export function shown(value: FieldValue | undefined): string {
  if (value === undefined) {
    return "";
  }
  return value === null ? "–" : marked(String(value));
}

/** As `shown`, but of a fraction no more digits than are read at a glance. */
export function brief(value: FieldValue | undefined): string {
  const text = shown(value);
  return typeof value === "number" && text.length > BRIEF_MOST && !Number.isInteger(value)
    ? String(Number(value.toPrecision(BRIEF_DIGITS))) : text;
}

export function marked(text: string): string {
  return text
    .replace(/[\0-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\x7f-\x9f]/g, "·")
    .replace(/[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (c) => `‹${c.charCodeAt(0).toString(16).padStart(4, "0")}›`);
}

/** The type in words; of a bit field with its bits. */
export function typeText({ type, bit_shift = 0, bit_width }:
  { type: string; bit_shift?: number | undefined; bit_width?: number | undefined }): string {
  const last = bit_shift + (bit_width ?? 0) - 1;
  return bit_width === undefined ? marked(type)
    : `${marked(type)}, bit${bit_width > 1 ? `s ${bit_shift}–${last}` : ` ${bit_shift}`}`;
}

/** The values that a field is offered, where there are few: its labels, or true and false. */
export function choicesOf(place: FieldPlace | null, before: FieldValue): string[] {
  return typeof before === "boolean" ? ["true", "false"] : [...new Set(Object.values(place?.enum ?? {}))];
}

/** A number that can be charted: also a 64-bit one, which is told as text, and a boolean. */
export function numberOf(value: FieldValue | undefined, type: string | undefined): number | null {
  if (typeof value === "number") {
    return value;
  }
  if (typeof value === "boolean") {
    return value ? 1 : 0;
  }
  const isText = type === "string" || type === "char" || type === undefined;
  if (typeof value !== "string" || isText || value.trim() === "") {
    return null;
  }
  const number = Number(value);
  return Number.isNaN(number) && value !== "NaN" ? null : number;
}

/**
 * What was typed, as the daemon takes it: text where the field is text, else a number, true or false, a
 * label of the field, or nothing for the value that means none.
 */
export function valueTyped(text: string, type: string | undefined, before: FieldValue): FieldValue {
  if (type === "string" || type === "char") {
    return text;
  }
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "–") {
    return null;
  }
  if (typeof before === "boolean" && /^(true|false|0|1)$/i.test(trimmed)) {
    return /^(true|1)$/i.test(trimmed);
  }
  if (/^[-+]?0x[0-9a-f]+$/i.test(trimmed)) {
    const bits = BigInt(trimmed.replace(/^[-+]/, ""));
    return whole(trimmed.startsWith("-") ? -bits : bits);
  }
  if (/^[-+]?[0-9]+$/.test(trimmed)) {
    return whole(BigInt(trimmed.replace(/^\+/, "")));
  }
  if (/,[0-9]{3}(?![0-9])/.test(trimmed)) { // of thousands, or of a fraction: nobody can tell
    return trimmed;
  }
  const number = Number(trimmed.replace(",", "."));
  return Number.isFinite(number) ? number : trimmed;
}

/** Exact also beyond what a double holds. */
function whole(bits: bigint): number | string {
  const number = Number(bits);
  return Number.isSafeInteger(number) ? number : bits.toString();
}
