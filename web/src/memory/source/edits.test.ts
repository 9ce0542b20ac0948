import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cas, Edits, guardedWrite, type Memory } from "./edits";

/** Memory that others may change right before a write: `interfere` is called with each. */
class Shared implements Memory {
  calls: string[] = [];
  interfere: () => void = () => {};

  constructor(readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number) {
    this.calls.push(`read ${offset} ${length}`);
    const bytes = this.bytes.slice(offset, offset + length);
    return { bytes, etag: bytes.join() };
  }

  async write(offset: number, bytes: Uint8Array, etag: string) {
    this.calls.push(`write ${offset} ${bytes.length}`);
    this.interfere();
    if (this.bytes.slice(offset, offset + bytes.length).join() !== etag) return false;
    this.bytes.set(bytes, offset);
    return true;
  }

  async cas({ type, offset, expected, value }: Cas) {
    this.calls.push(`cas ${type} ${offset}`);
    this.interfere();
    const size = type === "u32" ? 4 : 8;
    const view = new DataView(this.bytes.buffer, offset, size);
    const previous = size === 4 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true);
    const swapped = previous === BigInt(expected);
    if (swapped && size === 4) view.setUint32(0, Number(value), true);
    if (swapped && size === 8) view.setBigUint64(0, BigInt(value), true);
    return { previous: previous.toString(), swapped };
  }
}

const memory = (): Shared => new Shared(Uint8Array.from({ length: 18 }, (_, i) => i + 0xf0));
const edit = (offset: number, before: number[], after: number[]) => ({
  offset,
  before: Uint8Array.from(before),
  after: Uint8Array.from(after),
});

test("a byte in an aligned word is swapped by the CPU", async () => {
  const shared = memory();
  assert.equal(await guardedWrite(shared, edit(5, [0xf5], [0x11])), null);
  assert.equal(shared.bytes[5], 0x11);
  assert.deepEqual(shared.calls, ["read 4 4", "cas u32 4"]);
});

test("what crosses four bytes but not eight is swapped as eight", async () => {
  const shared = memory();
  assert.equal(await guardedWrite(shared, edit(10, [0xfa, 0xfb, 0xfc], [1, 2, 3])), null);
  assert.deepEqual([...shared.bytes.slice(9, 14)], [0xf9, 1, 2, 3, 0xfd]);
  assert.deepEqual(shared.calls, ["read 8 8", "cas u64 8"]);
});

test("the section's last bytes, no whole word, are guarded by the tag", async () => {
  const shared = memory();
  assert.equal(await guardedWrite(shared, edit(17, [1], [9])), null);
  assert.equal(shared.bytes[17], 9);
  assert.deepEqual(shared.calls, ["read 17 1", "write 17 1"]);
});

test("a byte that changed is shown, and not overwritten", async () => {
  const shared = memory();
  assert.deepEqual(await guardedWrite(shared, edit(5, [0x00], [0x11])), Uint8Array.of(0xf5));
  assert.equal(shared.bytes[5], 0xf5);
  const long = await guardedWrite(shared, edit(0, Array(12).fill(0), Array(12).fill(1)));
  assert.equal(long?.length, 12);
  assert.equal(
    shared.calls.some((call) => !call.startsWith("read")),
    false,
  );
});

test("a byte that changes between reading and swapping is not overwritten", async () => {
  const shared = memory();
  shared.interfere = () => {
    shared.bytes[5] = 0x77;
  };
  assert.deepEqual(await guardedWrite(shared, edit(5, [0xf5], [0x11])), Uint8Array.of(0x77));
  assert.equal(shared.bytes[5], 0x77);
  const tail = memory();
  tail.interfere = () => {
    tail.bytes[17] = 0x77;
  };
  assert.deepEqual(await guardedWrite(tail, edit(17, [1], [0x11])), Uint8Array.of(0x77));
});

test("a neighbour that changes meanwhile keeps its value, and the byte is written", async () => {
  const shared = memory();
  let left = 3;
  shared.interfere = () => {
    if (left-- > 0) shared.bytes[4]!++;
  };
  assert.equal(await guardedWrite(shared, edit(5, [0xf5], [0x11])), null);
  assert.deepEqual([...shared.bytes.slice(4, 8)], [0xf7, 0x11, 0xf6, 0xf7]);
});

test("a neighbour that never rests ends the attempts with words", async () => {
  const shared = memory();
  shared.interfere = () => {
    shared.bytes[4]!++;
  };
  await assert.rejects(guardedWrite(shared, edit(5, [0xf5], [0x11])), /too fast/);
  assert.equal(shared.bytes[5], 0xf5);
});

test("undo gives the edit turned round, redo the edit", () => {
  const edits = new Edits();
  assert.equal(edits.undo(), null);
  edits.push(edit(1, [0], [1]));
  edits.push(edit(2, [0], [2]));
  assert.deepEqual(edits.undo(), edit(2, [2], [0]));
  edits.settleUndo();
  assert.deepEqual(edits.undo(), edit(1, [1], [0]));
  assert.deepEqual(edits.redo(), edit(2, [0], [2]));
  edits.settleRedo();
  assert.equal(edits.canRedo, false);
});

test("a new edit ends what could be redone", () => {
  const edits = new Edits();
  edits.push(edit(1, [0], [1]));
  edits.settleUndo();
  assert.ok(edits.canRedo && !edits.canUndo);
  edits.push(edit(3, [0], [1]));
  assert.ok(!edits.canRedo && edits.canUndo);
});

test("the oldest of a thousand edits is forgotten", () => {
  const edits = new Edits();
  for (let i = 0; i < 1001; i++) edits.push(edit(i, [0], [1]));
  for (let i = 0; i < 1000; i++) edits.settleUndo();
  assert.equal(edits.canUndo, false);
});
