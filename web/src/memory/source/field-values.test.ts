import assert from "node:assert/strict";
import test from "node:test";
import { brief, choicesOf, marked, numberOf, shown, typeText, valueTyped } from "./field-values";

test("a text stays the text that was typed", () => {
  assert.equal(valueTyped(" 42 ", "string", ""), " 42 ");
  assert.equal(valueTyped("true", "string", ""), "true");
});

test("a number is a number, in decimal and in hex", () => {
  assert.equal(valueTyped("42", "u32", 0), 42);
  assert.equal(valueTyped("+42", "u32", 0), 42);
  assert.equal(valueTyped(" -1.5e3 ", "f64", 0), -1500);
  assert.equal(valueTyped("1,5", "f32", 0), 1.5);
  assert.equal(valueTyped("0xff", "u8", 0), 255);
  assert.equal(valueTyped("-0x10", "i32", 0), -16);
});

test("a comma that may be of thousands is not guessed at", () => {
  assert.equal(valueTyped("1,000", "f32", 0), "1,000");
  assert.equal(valueTyped("1,000,000", "u32", 0), "1,000,000");
  assert.equal(valueTyped("1,25", "f32", 0), 1.25);
  assert.equal(valueTyped("1,2345", "f64", 0), 1.2345);
});

test("integers beyond what a double holds stay exact", () => {
  assert.equal(valueTyped("18446744073709551615", "u64", "0"), "18446744073709551615");
  assert.equal(valueTyped("0xffffffffffffffff", "u64", "0"), "18446744073709551615");
});

test("booleans, labels, and nothing", () => {
  assert.equal(valueTyped("TRUE", "u32", false), true);
  assert.equal(valueTyped("0", "bool8", true), false);
  assert.equal(valueTyped("driving", "u32", "menu"), "driving");
  assert.equal(valueTyped("NaN", "f64", 1), "NaN");
  assert.equal(valueTyped("", "f32", 1), null);
});

test("labels are offered once each, and true and false for what is a boolean", () => {
  const place = { name: "state", type: "u8", offset: 0, size: 1 };
  assert.deepEqual(choicesOf({ ...place, enum: { 1: "menu", 2: "driving", 3: "menu" } }, "menu"), ["menu", "driving"]);
  assert.deepEqual(choicesOf(place, true), ["true", "false"]);
  assert.deepEqual(choicesOf(place, 1), []);
  assert.deepEqual(choicesOf(null, "x"), []);
});

test("what can be charted is a number, a 64-bit one and a boolean too, but no text", () => {
  assert.equal(numberOf(1.5, "f32"), 1.5);
  assert.equal(numberOf("17216961135462248174", "u64"), 17216961135462248000);
  assert.equal(numberOf(true, "u32"), 1);
  assert.ok(Number.isNaN(numberOf("NaN", "f64")));
  assert.equal(numberOf("7", "string"), null);
  assert.equal(numberOf("menu", "u32"), null);
  assert.equal(numberOf(null, "f32"), null);
  assert.equal(numberOf(undefined, "f32"), null);
});

test("a bit field is told with its bits", () => {
  assert.equal(typeText({ type: "u8" }), "u8");
  assert.equal(typeText({ type: "u8", bit_width: 1 }), "u8, bit 0");
  assert.equal(typeText({ type: "i16", bit_shift: 5, bit_width: 12 }), "i16, bits 5–16");
});

test("control and bidirectional characters show as marks", () => {
  assert.equal(marked("a\0b\x1b"), "a␀b␛");
  assert.equal(marked("x\u202ey\u2066"), "x‹202e›y‹2066›");
  assert.equal(marked("שלום 🏁"), "שלום 🏁");
  assert.equal(shown(null), "–");
  assert.equal(shown(undefined), "");
});

test("at a glance a fraction has few digits, and nothing else is cut", () => {
  assert.equal(brief(54.23742189), "54.2374");
  assert.equal(brief(-0.000012345678), "-0.0000123457");
  assert.equal(brief(6500.5), "6500.5");
  assert.equal(brief(123456789012), "123456789012");
  assert.equal(brief("18446744073709551615"), "18446744073709551615");
  assert.equal(brief("a long label of a reading"), "a long label of a reading");
  assert.equal(brief(undefined), "");
});
