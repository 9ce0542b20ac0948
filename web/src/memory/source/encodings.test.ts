import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeText, terminatorOf } from "./encodings";

const hex = (text: string, encoding: string): string =>
  Buffer.from(encodeText(text, encoding)).toString("hex");

test("Unicode encodings, with what lies beyond 16 bits", () => {
  assert.equal(hex("aé€😀", "utf-8"), "61c3a9e282acf09f9880");
  assert.equal(hex("a😀", "utf-16le"), "61003dd800de");
  assert.equal(hex("a😀", "utf-16be"), "0061d83dde00");
  assert.equal(hex("a😀", "utf-32le"), "6100000000f60100");
});

test("code pages are turned round from the browser's decoder", () => {
  assert.equal(hex("é", "latin1"), "e9");
  assert.equal(hex("我a", "gbk"), "ced261");
  assert.equal(hex("丂", "gbk"), "8140");
  assert.equal(hex("ő", "cp1250"), "f5");
  assert.equal(hex("Ж", "cp1251"), "c6");
  assert.equal(hex("日", "cp932"), "93fa");
});

test("a character that the encoding lacks is named", () => {
  assert.throws(() => encodeText("aЖ", "latin1"), /latin1 has no “Ж”/);
  assert.throws(() => encodeText("😀", "gbk"), /gbk has no “😀”/);
});

test("a code page that the browser does not know is refused in words", () => {
  assert.throws(() => encodeText("a", "cp437"), /does not know cp437/);
});

test("the NUL is as wide as a unit", () => {
  assert.deepEqual(
    ["utf-8", "gbk", "utf-16be", "utf-32le"].map((e) => terminatorOf(e).length),
    [1, 1, 2, 4],
  );
});
