import assert from "node:assert/strict";
import { test } from "node:test";
import { caretAt, lengthOf, type Move, moveSelection, parseOffset, startOf } from "./selection";

const shape = { size: 100, columns: 16, pageRows: 3 };
const moved = (from: number, kind: Move): number =>
  moveSelection(caretAt(from), kind, false, shape).head;

test("arrows stay inside the section", () => {
  assert.equal(moved(0, "left"), 0);
  assert.equal(moved(0, "right"), 1);
  assert.equal(moved(99, "right"), 99);
  assert.equal(moved(5, "up"), 5);
  assert.equal(moved(21, "up"), 5);
  assert.equal(moved(5, "down"), 21);
  assert.equal(moved(90, "down"), 90);
});

test("pages go as far as they can, in the same column", () => {
  assert.equal(moved(3, "pageDown"), 51);
  assert.equal(moved(51, "pageDown"), 99);
  assert.equal(moved(52, "pageDown"), 84);
  assert.equal(moved(84, "pageUp"), 36);
  assert.equal(moved(36, "pageUp"), 4);
  assert.equal(moved(4, "pageUp"), 4);
});

test("home and end are the row's, and of the section", () => {
  assert.equal(moved(21, "rowStart"), 16);
  assert.equal(moved(21, "rowEnd"), 31);
  assert.equal(moved(98, "rowEnd"), 99);
  assert.equal(moved(50, "first"), 0);
  assert.equal(moved(50, "last"), 99);
});

test("shift keeps the anchor, in either direction", () => {
  const down = moveSelection(caretAt(20), "down", true, shape);
  assert.deepEqual([startOf(down), lengthOf(down)], [20, 17]);
  const up = moveSelection(caretAt(20), "up", true, shape);
  assert.deepEqual([startOf(up), lengthOf(up)], [4, 17]);
  assert.deepEqual(moveSelection(up, "right", false, shape), caretAt(5));
});

test("offsets are taken as people write them", () => {
  const size = 2 ** 40;
  const cases: [string, number][] = [
    ["0", 0],
    ["64", 64],
    ["0x40", 64],
    ["0X4F", 79],
    ["40h", 64],
    ["1_000", 1000],
    ["4,096", 4096],
    ["1k", 1024],
    ["1.5 KiB", 1536],
    ["2M", 2 ** 21],
    ["1gib", 2 ** 30],
    ["50%", 2 ** 39],
    ["100%", size - 1],
    ["end", size - 1],
    ["+16", 116],
    ["-0x10", 84],
    [" 0xFFFFFFFFFF ", size - 1],
  ];
  for (const [text, offset] of cases) assert.equal(parseOffset(text, 100, size), offset, text);
});

test("what is no offset, or leads out, is none", () => {
  for (const text of ["", "x", "0x", "12z", "-200", "100", "+1", "1e3", "--1", "200%%"]) {
    assert.equal(parseOffset(text, 99, 100), null, text);
  }
});
