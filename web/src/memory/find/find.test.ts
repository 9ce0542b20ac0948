import assert from "node:assert/strict";
import { test } from "node:test";
import { find, type FindOptions, indexOf, lastIndexOf, parsePattern, type Pattern } from "./find";

const options: FindOptions = { kind: "bytes", encoding: "utf-8", type: "u32", little: true };
const pattern = (text: string): Pattern => parsePattern(text, options);

/** A search over bytes that are here; counts what was read. */
function searchIn(bytes: Uint8Array, wanted: Pattern, more: object = {}) {
  const reads: [number, number][] = [];
  const shares: number[] = [];
  const search = {
    size: bytes.length,
    pattern: wanted,
    from: 0,
    backwards: false,
    signal: new AbortController().signal,
    progress: (share: number) => shares.push(share),
    read: async (offset: number, length: number) => {
      assert.ok(offset >= 0 && offset + length <= bytes.length, `${offset}+${length}`);
      reads.push([offset, length]);
      return bytes.subarray(offset, offset + length);
    },
    ...more,
  };
  return { reads, shares, found: find(search) };
}

function with_(size: number, ...places: number[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const place of places) bytes.set([0xde, 0xad, 0xbe, 0xef], place);
  return bytes;
}

test("patterns of bytes, text and values", () => {
  assert.deepEqual([...pattern("de AD 0xbe,ef").bytes], [0xde, 0xad, 0xbe, 0xef]);
  const text = parsePattern("hé", { ...options, kind: "text", encoding: "utf-16le" });
  assert.deepEqual([...text.bytes], [0x68, 0, 0xe9, 0]);
  const value = parsePattern("258", { ...options, kind: "value", type: "u16", little: false });
  assert.deepEqual([...value.bytes], [1, 2]);
});

test("patterns that are none say why", () => {
  for (const text of ["", "d", "xy", "de a", "?? ??"])
    assert.throws(() => pattern(text), Error, text);
  assert.throws(() => parsePattern("", { ...options, kind: "text" }), /nothing to look for/);
  assert.throws(() => parsePattern("300", { ...options, kind: "value", type: "u8" }), /0 to 255/);
});

test("?? stands for any byte, at any place", () => {
  const bytes = Uint8Array.of(9, 1, 5, 2, 1, 6, 3);
  assert.equal(indexOf(bytes, pattern("01 ?? 03")), 4);
  assert.equal(indexOf(bytes, pattern("?? 05")), 1);
  assert.equal(lastIndexOf(bytes, pattern("01 ??")), 4);
  assert.equal(indexOf(bytes, pattern("03 ??")), -1);
});

test("first and last matches, at the very ends too", () => {
  const bytes = with_(64, 0, 20, 60);
  const wanted = pattern("deadbeef");
  assert.equal(indexOf(bytes, wanted), 0);
  assert.equal(indexOf(bytes, wanted, 1), 20);
  assert.equal(indexOf(bytes, wanted, 61), -1);
  assert.equal(lastIndexOf(bytes, wanted), 60);
  assert.equal(lastIndexOf(bytes, wanted, 59), 20);
  assert.equal(lastIndexOf(bytes, pattern("ff")), -1);
});

test("a match over the border of two windows is found, in both directions", async () => {
  for (const place of [65_533, 65_534, 65_535, 65_536]) {
    const bytes = with_(400_000, place);
    assert.equal(await searchIn(bytes, pattern("deadbeef")).found, place);
    const back = searchIn(bytes, pattern("deadbeef"), { from: 399_999, backwards: true });
    assert.equal(await back.found, place);
  }
});

test("it wraps round, and the match before it is the last", async () => {
  const bytes = with_(300_000, 10, 200_000);
  const wanted = pattern("deadbeef");
  assert.equal(await searchIn(bytes, wanted, { from: 200_001 }).found, 10);
  assert.equal(await searchIn(bytes, wanted, { from: 9, backwards: true }).found, 200_000);
  assert.equal(await searchIn(bytes, wanted, { from: 200_000 }).found, 200_000);
});

test("what is not there is looked for once, and progress ends at 1", async () => {
  const bytes = new Uint8Array(1_000_000);
  const { found, reads, shares } = searchIn(bytes, pattern("deadbeef"), { from: 500_000 });
  assert.equal(await found, null);
  const total = reads.reduce((sum, [, length]) => sum + length, 0);
  assert.ok(total < 1_000_000 + 4 * reads.length);
  assert.ok(shares.every((share, i) => share >= (shares[i - 1] ?? 0)));
  assert.ok(shares.at(-1)! > 0.999);
  assert.ok(reads.length < 12, "windows grow");
});

test("a pattern longer than the section is not there", async () => {
  assert.equal(await searchIn(new Uint8Array(3), pattern("deadbeef")).found, null);
  assert.equal(await searchIn(with_(4, 0), pattern("deadbeef")).found, 0);
});

test("a search ends where it is told to", async () => {
  const controller = new AbortController();
  const progress = (): void => controller.abort();
  const { found, reads } = searchIn(new Uint8Array(10_000_000), pattern("ff"), {
    signal: controller.signal,
    progress,
  });
  await assert.rejects(found, { name: "AbortError" });
  assert.equal(reads.length, 1);
});
