import assert from "node:assert/strict";
import test from "node:test";
import type { DeclaredField } from "../../api/layouts";
import { rowsOf, valueOf } from "./preview";

const pathsOf = (fields: DeclaredField[], types = {}, most = 200) =>
  rowsOf({ types, fields }, most).map(({ path, offset }) => `${path} ${offset}`);

/** What the first row of a field alone shows, of as many bytes as that has. */
const now = (field: Partial<DeclaredField>, bytes: number[], little = true) => {
  const fields = [{ name: "f", type: "u8", offset: 0, bytes: bytes.length, ...field }];
  const [row] = rowsOf({ fields, endian: little ? "little" : "big" }, 1);
  return valueOf(row!, Uint8Array.from(bytes), little);
};

test("structures and arrays are told element by element", () => {
  const types = { point: { size: 8, fields: [
    { name: "x", type: "f32", offset: 0 }, { name: "y", type: "f32", offset: 4 }] } };
  assert.deepEqual(pathsOf([{ name: "p", type: "point", offset: 16, count: 2, stride: 8 }], types),
    ["p[0].x 16", "p[0].y 20", "p[1].x 24", "p[1].y 28"]);
  assert.deepEqual(pathsOf([{ name: "t", type: "u8", offset: 1, count: [2, 3], stride: 1 }]),
    ["t[0][0] 1", "t[0][1] 2", "t[0][2] 3", "t[1][0] 4", "t[1][1] 5", "t[1][2] 6"]);
});

test("what depends on the memory is told without a place", () => {
  const field = { field: "n" };
  assert.deepEqual(pathsOf([{ name: "a", type: "u8", offset: field },
    { name: "b", type: "u8", offset: 4, count: field, stride: 1 }]), ["a null", "b[…] 4"]);
});

test("a type that is called as what every object has, and one that holds itself, do no harm", () => {
  assert.deepEqual(pathsOf([{ name: "a", type: "constructor", offset: 0 }]), ["a 0"]);
  const types = { t: { size: 1, fields: [{ name: "t", type: "t", offset: 0 }] } };
  assert.equal(pathsOf([{ name: "a", type: "t", offset: 0 }], types).length, 1);
});

test("no more than was asked for is told, of however many", () => {
  assert.equal(pathsOf([{ name: "a", type: "u8", offset: 0, count: 65536, stride: 1 }], {}, 50).length, 50);
});

test("numbers, labels, bits and scaled values are told as the daemon does", () => {
  assert.equal(now({ type: "u16" }, [1, 2]), "513");
  assert.equal(now({ type: "u16" }, [1, 2], false), "258");
  assert.equal(now({ enum: { 3: "fan" } }, [3]), "fan");
  assert.equal(now({ enum: { 3: "fan" } }, [4]), "4");
  assert.equal(now({ bits: { pit: { shift: 1, width: 1 } } }, [2]), "true");
  assert.equal(now({ type: "i8", bits: { gear: { shift: 4, width: 3 } }, enum: { 7: "no" } }, [0x70]), "7");
  assert.equal(now({ null_value: 255 }, [255]), "–");
  assert.equal(now({ scale: 0.5 }, [3]), "1.5");
  assert.equal(now({ type: "nothing" }, [3]), "");
});

test("bit fields are told as the daemon does: with their sign, their labels, and the bytes that they reach into", () => {
  assert.equal(now({ bit_shift: 4, bit_width: 3 }, [0x70]), "7");
  assert.equal(now({ bit_shift: 1, bit_width: 1 }, [2]), "1");
  assert.equal(now({ type: "i8", bit_shift: 6, bit_width: 1 }, [0x40]), "-1");
  assert.equal(now({ type: "i8", bit_shift: 0, bit_width: 5 }, [0x1d]), "-3");
  assert.equal(now({ type: "bool8", bit_shift: 7, bit_width: 1 }, [0x80]), "true");
  assert.equal(now({ type: "bool8", bit_shift: 0, bit_width: 3 }, [0xf8]), "false");
  assert.equal(now({ type: "i8", bit_shift: 5, bit_width: 3, enum: { "-1": "none", 2: "two" } }, [0xe0]), "none");
  assert.equal(now({ type: "i8", bit_shift: 5, bit_width: 3, enum: { "-1": "none", 2: "two" } }, [0x40]), "two");
  assert.equal(now({ bit_shift: 0, bit_width: 4, scale: 0.5 }, [0xf3]), "1.5");
  assert.equal(now({ type: "u16", bit_shift: 8, bit_width: 8 }, [0xab, 1], false), "171");
  const across = { name: "b", type: "i64", offset: 3, bit_shift: 5, bit_width: 64 };
  const [row] = rowsOf({ fields: [across] }, 1);
  assert.equal(row!.bytes, 9);
  const bytes = Uint8Array.from([0x1f, 0, 0, 0, 0, 0, 0, 0, 0x10]);
  assert.equal(valueOf(row!, bytes, true), "-9223372036854775808");
});

test("texts end at their NUL, in every encoding", () => {
  assert.equal(now({ type: "string" }, [0x5a, 0xc3, 0xab, 0, 0x41]), "Zë");
  assert.equal(now({ type: "string", encoding: "ansi" }, [0xeb, 0]), "ë");
  assert.equal(now({ type: "string", encoding: "utf-16le" }, [0x41, 0, 0, 0, 0x42, 0]), "A");
  assert.equal(now({ type: "string", encoding: "utf-32le" }, [0x41, 0, 0, 0, 0, 0, 0, 0]), "A");
  assert.equal(now({ type: "string", encoding: "utf-32le" }, [0, 0, 0x11, 0]), "\ufffd");
  assert.equal(now({ type: "string", encoding: "no-such" }, [0x41]), "");
  assert.equal(now({ type: "string" }, [0xff, 0]), "\ufffd");
});
