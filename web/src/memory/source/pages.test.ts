import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE_BYTES, Pages } from "./pages";

const page = (byte: number): Uint8Array => new Uint8Array(PAGE_BYTES).fill(byte);

function changesOf(pages: Pages, offset: number, bytes: Uint8Array, now = 5): number[][] {
  const changes: number[][] = [];
  pages.store(offset, bytes, now, (from, length) => changes.push([from, length]));
  return changes;
}

test("bytes that never came are unknown", () => {
  const pages = new Pages(10_000);
  assert.equal(pages.byte(0), -1);
  assert.equal(pages.bytes(0, 4), null);
  assert.equal(pages.knows(0, 1), false);
});

test("what is new to us is no change", () => {
  const pages = new Pages(10_000);
  assert.deepEqual(changesOf(pages, 0, page(7)), []);
  assert.equal(pages.byte(4095), 7);
  assert.equal(pages.changedAt(4095), 0);
});

test("each run of bytes that differ is told once, with its time", () => {
  const pages = new Pages(10_000);
  pages.store(0, page(0), 1);
  const news = Uint8Array.of(0, 1, 2, 0, 3);
  assert.deepEqual(changesOf(pages, 100, news, 42), [
    [101, 2],
    [104, 1],
  ]);
  assert.deepEqual([...pages.bytes(100, 5)!], [...news]);
  assert.equal(pages.changedAt(101), 42);
  assert.equal(pages.changedAt(103), 0);
  assert.deepEqual(changesOf(pages, 100, news), []);
});

test("a change may reach over the border of pages", () => {
  const pages = new Pages(3 * PAGE_BYTES);
  pages.store(0, new Uint8Array(2 * PAGE_BYTES), 1);
  assert.deepEqual(changesOf(pages, 4094, Uint8Array.of(1, 1, 1, 1)), [
    [4094, 2],
    [4096, 2],
  ]);
  assert.deepEqual([...pages.bytes(4093, 6)!], [0, 1, 1, 1, 1, 0]);
});

test("the last page is as short as the section", () => {
  const pages = new Pages(5000);
  pages.store(PAGE_BYTES, new Uint8Array(5000 - PAGE_BYTES), 1);
  assert.equal(pages.byte(4999), 0);
  assert.equal(pages.byte(5000), -1);
  assert.equal(pages.bytes(4999, 2), null);
});

test("part of a page that is not known is left out, not taken for the whole", () => {
  const pages = new Pages(10_000);
  pages.store(10, Uint8Array.of(1, 2, 3), 1);
  assert.equal(pages.byte(10), -1);
});

test("bytes past the section's end are dropped", () => {
  const pages = new Pages(10);
  pages.store(0, page(9), 1);
  assert.equal(pages.byte(9), 9);
  assert.equal(pages.byte(10), -1);
});

test("the pages used longest ago are forgotten", () => {
  const pages = new Pages(2 ** 40, 3);
  for (const index of [0, 1, 2]) pages.store(index * PAGE_BYTES, page(1), 1);
  pages.store(0, page(2), 2);
  pages.store(9 * PAGE_BYTES, page(1), 3);
  assert.equal(pages.byte(0), 2);
  assert.equal(pages.byte(PAGE_BYTES), -1);
  assert.equal(pages.byte(9 * PAGE_BYTES), 1);
});

test("the last page of 1 TiB is as near as the first", () => {
  const pages = new Pages(2 ** 40);
  pages.store(2 ** 40 - PAGE_BYTES, page(3), 1);
  assert.equal(pages.byte(2 ** 40 - 1), 3);
  assert.ok(pages.knows(2 ** 40 - 16, 16));
});
