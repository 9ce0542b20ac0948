/* Bytes as values and back, in both byte orders; values are text as the user reads and types it. */
import { type ValueType, typeOf } from "../../api/value-types";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The value of the first bytes; there have to be as many as the type has. */
export function decode(type: ValueType, bytes: Uint8Array, little: boolean): string {
  const view = viewOf(bytes);
  switch (type) {
    case "u64":
      return view.getBigUint64(0, little).toString();
    case "i64":
      return view.getBigInt64(0, little).toString();
    case "f32":
      return formatF32(view.getFloat32(0, little));
    case "f64":
      return formatReal(view.getFloat64(0, little));
    case "bool8":
      return view.getUint8(0) ? "true" : "false";
    case "char":
      return formatChar(view.getUint8(0));
    default:
      return String(decodeNumber(type, bytes, little));
  }
}

/** The value as a number, for charts; 64-bit integers are rounded to a double. */
export function decodeNumber(type: ValueType, bytes: Uint8Array, little: boolean): number {
  const view = viewOf(bytes);
  switch (type) {
    case "u8":
    case "char":
      return view.getUint8(0);
    case "bool8":
      return view.getUint8(0) ? 1 : 0;
    case "i8":
      return view.getInt8(0);
    case "u16":
      return view.getUint16(0, little);
    case "i16":
      return view.getInt16(0, little);
    case "u32":
      return view.getUint32(0, little);
    case "i32":
      return view.getInt32(0, little);
    case "u64":
      return Number(view.getBigUint64(0, little));
    case "i64":
      return Number(view.getBigInt64(0, little));
    case "f32":
      return view.getFloat32(0, little);
    case "f64":
      return view.getFloat64(0, little);
  }
}

function formatReal(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The fewest digits that give the same 32 bits: 0.1, where the double is 0.10000000149. */
function formatF32(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatReal(value);
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

/** Control characters as \xNN, so that each is visible and can be typed. */
function formatChar(byte: number): string {
  const shows = (byte >= 0x20 && byte < 0x7f && byte !== 0x5c) || byte > 0xa0;
  return shows && byte !== 0xad ? String.fromCharCode(byte) : `\\x${hexByte(byte)}`;
}

export const hexByte = (byte: number): string => byte.toString(16).padStart(2, "0");

/** A typed value as bytes; throws an Error that says what is wrong with it. */
export function encode(type: ValueType, text: string, little: boolean): Uint8Array {
  const bytes = new Uint8Array(typeOf(type).size);
  const view = viewOf(bytes);
  switch (type) {
    case "f32":
      view.setFloat32(0, parseF32(text), little);
      break;
    case "f64":
      view.setFloat64(0, parseReal(text), little);
      break;
    case "bool8":
      bytes[0] = parseBool(text);
      break;
    case "char":
      bytes[0] = parseChar(text);
      break;
    default:
      setInteger(view, type, text, little);
  }
  return bytes;
}

function setInteger(view: DataView, type: ValueType, text: string, little: boolean): void {
  const bits = view.byteLength * 8;
  const value = parseInteger(text);
  const signed = type.startsWith("i");
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  if (value < low || value > high) throw new Error(`${type} goes from ${low} to ${high}`);
  const pattern = BigInt.asUintN(bits, value);
  for (let i = 0; i < view.byteLength; i++) {
    const shift = BigInt(8 * (little ? i : view.byteLength - 1 - i));
    view.setUint8(i, Number((pattern >> shift) & 0xffn));
  }
}

function parseInteger(text: string): bigint {
  const words = text.trim().replace(/[_\s]/g, "");
  const [, sign, digits] = /^([+-]?)(0x[0-9a-f]+|0b[01]+|0o[0-7]+|\d+)$/i.exec(words) ?? [];
  if (digits === undefined) throw new Error("not a whole number: write 42, -7, 0x2a or 0b101");
  return sign === "-" ? -BigInt(digits) : BigInt(digits);
}

function parseReal(text: string): number {
  const words = text.trim().toLowerCase().replace(/_/g, "");
  const named = /^([+-]?)(nan|inf|infinity)$/.exec(words);
  if (named) {
    if (named[2] === "nan") return NaN;
    return named[1] === "-" ? -Infinity : Infinity;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(words)) {
    throw new Error("not a number: write 1.5, -2e9, NaN or Infinity");
  }
  const value = Number(words);
  if (!Number.isFinite(value)) throw new Error("too large: write Infinity if you mean that");
  return value;
}

function parseF32(text: string): number {
  const value = parseReal(text);
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
    throw new Error("too large for 32 bits: write Infinity if you mean that");
  }
  return value;
}

function parseBool(text: string): number {
  const words = text.trim().toLowerCase();
  if (words !== "true" && words !== "false" && words !== "1" && words !== "0") {
    throw new Error("write true or false");
  }
  return words === "true" || words === "1" ? 1 : 0;
}

function parseChar(text: string): number {
  const escape = /^\\x([0-9a-f]{2})$/i.exec(text);
  if (escape?.[1]) return parseInt(escape[1], 16);
  const code = text.codePointAt(0) ?? 256;
  if ([...text].length !== 1 || code > 255) {
    throw new Error("write one character up to U+00FF, or \\x and two digits");
  }
  return code;
}

const EPOCH_1601_MS = 11_644_473_600_000n;

/** Further meanings of bytes, for reading only; null if the bytes cannot have that meaning. */
export function guid(bytes: Uint8Array): string {
  const part = (indices: number[]): string => indices.map((i) => hexByte(bytes[i] ?? 0)).join("");
  return [
    [3, 2, 1, 0],
    [5, 4],
    [7, 6],
    [8, 9],
    [10, 11, 12, 13, 14, 15],
  ]
    .map(part)
    .join("-");
}

export function unixTime(bytes: Uint8Array, size: 4 | 8, little: boolean): string | null {
  const view = viewOf(bytes);
  return isoTime(
    size === 4 ? BigInt(view.getInt32(0, little)) * 1000n : view.getBigInt64(0, little) * 1000n,
  );
}

/** Windows' FILETIME: steps of 100 ns since 1601. */
export function fileTime(bytes: Uint8Array, little: boolean): string | null {
  return isoTime(viewOf(bytes).getBigInt64(0, little) / 10_000n - EPOCH_1601_MS);
}

function isoTime(milliseconds: bigint): string | null {
  const time = new Date(Number(milliseconds));
  const year = time.getUTCFullYear();
  if (!(year >= 1601 && year <= 9999)) return null;
  return time
    .toISOString()
    .replace("T", " ")
    .replace(/\.000Z|Z/, "");
}
