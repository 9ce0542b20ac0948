/*
 * Writing bytes only if those that the user saw are still there, and undoing that.
 *
 * Inside an aligned word the daemon compares and swaps, which is safe against native programs too.
 * If only other bytes of the word have changed, it is tried again. Longer ranges are written with
 * If-Match and the tag of what was read, which is safe against other clients of the daemon only.
 */
import type { ValueType } from "../../api/value-types";

export interface Cas {
  type: Extract<ValueType, "u32" | "u64">;
  offset: number;
  expected: string;
  value: string;
}

/** What a guarded write needs of the API. */
export interface Memory {
  readonly size: number;
  read(offset: number, length: number): Promise<{ bytes: Uint8Array; etag: string | null }>;
  /** False if the tag did not match any more. */
  write(offset: number, bytes: Uint8Array, etag: string): Promise<boolean>;
  cas(request: Cas): Promise<{ previous: string; swapped: boolean }>;
}

export interface Edit {
  offset: number;
  before: Uint8Array;
  after: Uint8Array;
}

/** The bytes that were found instead of the expected ones; null if the write was done. */
export type Conflict = Uint8Array | null;

export const EDIT_MAX_BYTES = 64 * 1024;
const ATTEMPTS = 100;

export async function guardedWrite(memory: Memory, edit: Edit): Promise<Conflict> {
  const { offset, after } = edit;
  for (const size of [4, 8] as const) {
    const word = Math.floor(offset / size) * size;
    if (offset + after.length <= word + size && word + size <= memory.size) {
      return swapWord(memory, edit, word, size);
    }
  }
  return exchangeRange(memory, edit);
}

async function swapWord(memory: Memory, edit: Edit, word: number, size: 4 | 8): Promise<Conflict> {
  const type = size === 4 ? "u32" : "u64";
  const from = edit.offset - word;
  let present = (await memory.read(word, size)).bytes;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = present.subarray(from, from + edit.before.length);
    if (!sameBytes(found, edit.before)) return found.slice();
    const wanted = present.slice();
    wanted.set(edit.after, from);
    const { previous, swapped } = await memory.cas({
      type,
      offset: word,
      expected: numberOf(present),
      value: numberOf(wanted),
    });
    if (swapped) return null;
    present = bytesOf(previous, size);
  }
  throw new Error("the bytes beside it change too fast to write there safely");
}

async function exchangeRange(memory: Memory, edit: Edit): Promise<Conflict> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { bytes, etag } = await memory.read(edit.offset, edit.before.length);
    if (!sameBytes(bytes, edit.before)) return bytes;
    if (etag === null) throw new Error(`at most ${EDIT_MAX_BYTES} bytes can be written at once`);
    if (await memory.write(edit.offset, edit.after, etag)) return null;
  }
  throw new Error("the bytes change too fast to write there safely");
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The word as the API's atomics take it: little-endian, like the machines the daemon runs on. */
function numberOf(bytes: Uint8Array): string {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n).toString();
}

function bytesOf(value: string | number, size: number): Uint8Array {
  const bits = BigInt(value);
  return Uint8Array.from({ length: size }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}

const UNDO_MOST = 1000;

/** The edits of this page, for undo and redo. */
export class Edits {
  private done: Edit[] = [];
  private undone: Edit[] = [];

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  push(edit: Edit): void {
    this.done.push(edit);
    this.undone = [];
    if (this.done.length > UNDO_MOST) this.done.shift();
  }

  /** The write that reverts the last edit; call `settleUndo` once it is done. */
  undo(): Edit | null {
    const edit = this.done.at(-1);
    return edit ? { offset: edit.offset, before: edit.after, after: edit.before } : null;
  }

  redo(): Edit | null {
    return this.undone.at(-1) ?? null;
  }

  settleUndo(): void {
    const edit = this.done.pop();
    if (edit) this.undone.push(edit);
  }

  settleRedo(): void {
    const edit = this.undone.pop();
    if (edit) this.done.push(edit);
  }
}
