/* A layout that is not kept yet, over the bytes that the page has: what its fields would be. */
import type { DeclaredField, DeclaredLayout } from "../../api/layouts";
import { VALUE_TYPES, type ValueType } from "../../api/value-types";
import { marked, shown } from "../source/field-values";
import { decode } from "../source/values";

export interface PreviewRow {
  path: string;
  type: string;
  /** Null where it depends on the memory. */
  offset: number | null;
  bytes: number;
  field: DeclaredField;
  /** Of a bit field, and of a part of a number: those of the value. */
  bits?: Bits;
  /** It is a part of a number, which has labels and a scale for itself only. */
  isPart?: boolean;
}

interface Bits {
  bit_shift: number;
  bit_width: number;
}

/** How deep structures are looked into, as the daemon has it. */
const DEPTH_MOST = 16;

/** Each value that the layout declares, elements one by one, up to `most` of them. */
export function rowsOf({ types, fields, endian }: DeclaredLayout, most: number): PreviewRow[] {
  const rows: PreviewRow[] = [];
  const walk = (list: DeclaredField[], prefix: string, base: number | null, depth: number): void => {
    for (const field of list) {
      if (rows.length < most) {
        const own = typeof field.offset === "number" && base !== null ? base + field.offset : null;
        elements(field, `${prefix}${field.name}`, own, depth);
      }
    }
  };
  const elements = (field: DeclaredField, path: string, offset: number | null, depth: number): void => {
    const counts = field.count === undefined ? [] : [field.count].flat();
    const isFixed = counts.every((each) => typeof each === "number");
    const stride = typeof field.stride === "number" ? field.stride : null;
    if (counts.length > 0 && (!isFixed || stride === null || offset === null)) {
      rows.push({ path: `${path}[…]`, type: field.type, offset, bytes: 0, field });
      return;
    }
    const expand = (left: number[], at: string, from: number | null): void => {
      const [count, ...inner] = left;
      if (count === undefined) {
        one(field, at, from, depth);
        return;
      }
      const step = inner.reduce((size, each) => size * each, stride ?? 0);
      for (let i = 0; i < count && rows.length < most; i++) {
        expand(inner, `${at}[${i}]`, from === null ? null : from + i * step);
      }
    };
    expand(counts as number[], path, offset);
  };
  const one = (field: DeclaredField, path: string, offset: number | null, depth: number): void => {
    const type = types !== undefined && Object.hasOwn(types, field.type) ? types[field.type] : undefined;
    if (type && depth < DEPTH_MOST) {
      walk(type.fields, `${path}.`, offset, depth + 1);
    } else if (field.bits) {
      for (const [name, { shift, width }] of Object.entries(field.bits)) {
        const bits = { bit_shift: shift, bit_width: width };
        rows.push({
          path: `${path}.${name}`, type: field.type, offset, bytes: bytesOf(field), field, bits, isPart: true,
        });
      }
    } else if (field.bit_width !== undefined) {
      const bits = { bit_shift: field.bit_shift ?? 0, bit_width: field.bit_width };
      const reached = Math.ceil((bits.bit_shift + bits.bit_width) / 8);
      const bytes = endian === "big" ? bytesOf(field) : reached;
      rows.push({ path, type: field.type, offset, bytes, field, bits });
    } else {
      rows.push({ path, type: field.type, offset, bytes: bytesOf(field), field });
    }
  };
  walk(fields, "", 0, 0);
  return rows;
}

function bytesOf({ type, bytes }: DeclaredField): number {
  return typeof bytes === "number" ? bytes : (VALUE_TYPES.find(({ id }) => id === type)?.size ?? 0);
}

/** The value in words; empty where it is of a type that is read by the daemon alone. */
export function valueOf({ field, bits, isPart }: PreviewRow, bytes: Uint8Array, little: boolean): string {
  if (field.type === "string") {
    return marked(textOf(bytes, field.encoding ?? "utf-8"));
  }
  const type = VALUE_TYPES.find(({ id }) => id === field.type);
  if (!type) {
    return "";
  }
  if (bits && isPart) {
    const part = bitsOf(bytes, bits, little);
    return bits.bit_width === 1 ? String(part === 1n) : part.toString();
  }
  const text = bits ? textOfBits(bitsOf(bytes, bits, little), bits, type.id) : decode(type.id, bytes, little);
  const { enum: labels, scale, null_value } = field;
  if (null_value !== undefined && text === String(null_value)) {
    return shown(null);
  }
  if (labels && Object.hasOwn(labels, text)) {
    return marked(labels[text]!);
  }
  return marked(scale === undefined ? text : String(Number(text) * scale));
}

function bitsOf(bytes: Uint8Array, { bit_shift, bit_width }: Bits, little: boolean): bigint {
  const ordered = little ? [...bytes].reverse() : [...bytes];
  const word = ordered.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return BigInt.asUintN(bit_width, word >> BigInt(bit_shift));
}

function textOfBits(value: bigint, { bit_width }: Bits, type: ValueType): string {
  if (type === "bool8") {
    return String(value !== 0n);
  }
  return (type.startsWith("i") ? BigInt.asIntN(bit_width, value) : value).toString();
}

/** Up to the NUL; what does not decode, or an encoding that the browser does not know, is a mark. */
function textOf(bytes: Uint8Array, encoding: string): string {
  if (encoding.startsWith("utf-32")) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const little = !encoding.endsWith("be");
    const codes = Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, little));
    const end = codes.indexOf(0);
    return codes.slice(0, end < 0 ? undefined : end)
      .map((code) => (code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code))).join("");
  }
  try {
    const label = { ansi: "windows-1252", latin1: "windows-1252" }[encoding] ?? encoding;
    return new TextDecoder(label).decode(bytes).replace(/\0[^]*$/, "");
  } catch {
    return "";
  }
}
