/*
 * Finding in a section of any size. It is read in windows, which grow while nothing is found; each
 * overlaps the next by the pattern's length less one.
 */
import type { ValueType } from "../../api/value-types";
import { encodeText } from "../source/encodings";
import { encode } from "../source/values";

const WINDOW_FIRST = 64 * 1024;
const WINDOW_MOST = 4 * 1024 * 1024;

export type Read = (offset: number, length: number, signal: AbortSignal) => Promise<Uint8Array>;

/** Bytes to look for; where `mask` is 0, any byte matches. */
export interface Pattern {
  bytes: Uint8Array;
  mask: Uint8Array | null;
}

export type FindKind = "bytes" | "text" | "value";

export interface FindOptions {
  kind: FindKind;
  encoding: string;
  type: ValueType;
  little: boolean;
}

/** A typed pattern as bytes; throws an Error that says what is wrong with it. */
export function parsePattern(text: string, options: FindOptions): Pattern {
  if (options.kind === "bytes") return parseHexPattern(text);
  const bytes =
    options.kind === "text"
      ? encodeText(text, options.encoding)
      : encode(options.type, text, options.little);
  if (bytes.length === 0) throw new Error("nothing to look for");
  return { bytes, mask: null };
}

function parseHexPattern(text: string): Pattern {
  const digits = text.replace(/0x|[\s,]/gi, "");
  if (digits.length === 0) throw new Error("nothing to look for");
  const pairs = digits.match(/../g) ?? [];
  if (digits.length % 2 || !pairs.every((pair) => /^([0-9a-f]{2}|\?\?)$/i.test(pair))) {
    throw new Error("write bytes as pairs of hex digits; ?? stands for any byte");
  }
  const bytes = Uint8Array.from(pairs, (pair) => (pair === "??" ? 0 : parseInt(pair, 16)));
  const mask = Uint8Array.from(pairs, (pair) => (pair === "??" ? 0 : 1));
  if (!mask.includes(1)) throw new Error("at least one byte has to be known");
  return { bytes, mask: mask.includes(0) ? mask : null };
}

/** The first match in `bytes` at or after `from`, or -1. */
export function indexOf(bytes: Uint8Array, { bytes: wanted, mask }: Pattern, from = 0): number {
  const key = mask ? mask.indexOf(1) : 0;
  const first = wanted[key] ?? 0;
  const last = bytes.length - wanted.length;
  for (let at = from; at <= last; at++) {
    // The engine's own search for the first known byte is far faster than a loop here.
    const found = bytes.indexOf(first, at + key);
    if (found < 0 || found - key > last) return -1;
    at = found - key;
    if (matches(bytes, at, wanted, mask)) return at;
  }
  return -1;
}

/** The last match that begins at or before `from`, or -1. */
export function lastIndexOf(
  bytes: Uint8Array,
  { bytes: wanted, mask }: Pattern,
  from = bytes.length,
): number {
  const key = mask ? mask.indexOf(1) : 0;
  const first = wanted[key] ?? 0;
  for (let at = Math.min(from, bytes.length - wanted.length); at >= 0; at--) {
    const found = bytes.lastIndexOf(first, at + key);
    if (found < key) return -1;
    at = found - key;
    if (matches(bytes, at, wanted, mask)) return at;
  }
  return -1;
}

function matches(
  bytes: Uint8Array,
  at: number,
  wanted: Uint8Array,
  mask: Uint8Array | null,
): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[at + i] !== wanted[i] && (!mask || mask[i])) return false;
  }
  return true;
}

export interface Search {
  read: Read;
  size: number;
  pattern: Pattern;
  /** Matches that begin here or later (earlier, backwards) come first; then it wraps round. */
  from: number;
  backwards: boolean;
  signal: AbortSignal;
  /** Called after each window with the share of the section that was searched, 0..1. */
  progress: (share: number) => void;
}

/** The next match's offset, or null. Ends with the signal's reason when that is aborted. */
export async function find(search: Search): Promise<number | null> {
  const { size, from, pattern, backwards } = search;
  const ends = size - pattern.bytes.length + 1; // where no match can begin any more
  if (ends <= 0) return null;
  const middle = Math.max(0, Math.min(ends, backwards ? from + 1 : from));
  const near = { from: backwards ? 0 : middle, to: backwards ? middle : ends };
  const far = { from: backwards ? middle : 0, to: backwards ? ends : middle };
  const done = { bytes: 0 };
  return (await scan(search, near, done)) ?? scan(search, far, done);
}

/** Looks for matches that begin in from..to, in the search's direction. */
async function scan(
  search: Search,
  range: { from: number; to: number },
  done: { bytes: number },
): Promise<number | null> {
  const { read, pattern, backwards, signal, size, progress } = search;
  let { from, to } = range;
  for (let most = WINDOW_FIRST; from < to; most = Math.min(WINDOW_MOST, 2 * most)) {
    signal.throwIfAborted();
    const count = Math.min(most, to - from);
    const at = backwards ? to - count : from;
    const bytes = await read(at, count + pattern.bytes.length - 1, signal);
    const found = backwards ? lastIndexOf(bytes, pattern) : indexOf(bytes, pattern);
    if (found >= 0) return at + found;
    if (backwards) to -= count;
    else from += count;
    done.bytes += count;
    progress(Math.min(1, done.bytes / size));
  }
  return null;
}
