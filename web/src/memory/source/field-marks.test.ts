import assert from "node:assert/strict";
import test from "node:test";
import type { FieldPlace } from "../../api/layouts";
import { marksIn } from "./field-marks";

const PLACES: FieldPlace[] = [
  { name: "a", type: "u32", offset: 0, size: 4 },
  { name: "flags", type: "u32", offset: 4, size: 4,
    fields: [{ name: "pit", type: "u32", offset: 4, size: 4, bit_shift: 0, bit_width: 1 }] },
  { name: "grid", type: "u16", offset: 8, size: 12, count: [2, 3], stride: 6 },
  { name: "rows", type: "row", offset: 32, size: 32, count: 2, stride: 16, fields: [
    { name: "x", type: "f32", offset: 32, size: 4 },
    { name: "text", type: "string", offset: 40, size: 8 },
  ] },
];

const told = (from: number, to: number) =>
  marksIn(PLACES, from, to).map(({ path, offset, length }) => `${path} ${offset}+${length}`);

test("each field has its bytes, bits those of their number", () => {
  assert.deepEqual(told(0, 64), [
    "a 0+4", "flags 4+4", "grid[0][0] 8+2", "grid[0][1] 10+2", "grid[0][2] 12+2", "grid[1][0] 14+2",
    "grid[1][1] 16+2", "grid[1][2] 18+2", "rows[0].x 32+4", "rows[0].text 40+8", "rows[1].x 48+4",
    "rows[1].text 56+8",
  ]);
});

test("a structure that begins with bit fields has its members, and a bit field all bytes that it reaches into", () => {
  const bits = (name: string, offset: number, size: number, bit_shift: number, bit_width: number) =>
    ({ name, type: "i8", offset, size, bit_shift, bit_width });
  const packed = { name: "s", type: "packed", offset: 64, size: 14, fields: [
    bits("a", 64, 1, 0, 5), { ...bits("b", 64, 9, 5, 64), type: "i64" }, bits("c", 72, 1, 5, 3),
    { name: "n", type: "u32", offset: 73, size: 4 }] };
  assert.deepEqual(marksIn([packed], 64, 80).map(({ path, offset, length }) => `${path} ${offset}+${length}`),
    ["s.a 64+1", "s.b 64+9", "s.c 72+1", "s.n 73+4"]);
});

test("only those with visible bytes are told", () => {
  assert.deepEqual(told(13, 15), ["grid[0][2] 12+2", "grid[1][0] 14+2"]);
  assert.deepEqual(told(49, 57), ["rows[1].x 48+4", "rows[1].text 56+8"]);
  assert.deepEqual(told(20, 32), []);
});

test("neighbours have different colours", () => {
  const marks = marksIn(PLACES, 0, 64);
  marks.slice(1).forEach(({ path, colour }, i) => assert.notEqual(colour, marks[i]!.colour, path));
});

test("an array of a million elements costs what is visible", () => {
  const place = { name: "m", type: "u8", offset: 0, size: 1 << 20, count: 1 << 20, stride: 1 };
  assert.equal(marksIn([place], 500_000, 500_016).length, 16);
});

test("an array that is empty, or has no stride, has no marks", () => {
  assert.deepEqual(marksIn([{ name: "e", type: "u8", offset: 0, size: 0, count: 0, stride: 1 }], 0, 9), []);
  assert.deepEqual(marksIn([{ name: "e", type: "u8", offset: 0, size: 8, count: 8 }], 0, 9), []);
});
