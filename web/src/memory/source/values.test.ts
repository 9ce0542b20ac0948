import assert from "node:assert/strict";
import { test } from "node:test";
import { VALUE_TYPES, type ValueType, typeOf } from "../../api/value-types";
import { decode, decodeNumber, encode, fileTime, guid, unixTime } from "./values";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test("each type reads both byte orders", () => {
  const eight = bytes(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xf8);
  const expected: [ValueType, string, string][] = [
    ["u8", "1", "1"],
    ["i8", "1", "1"],
    ["u16", "513", "258"],
    ["i16", "513", "258"],
    ["u32", "67305985", "16909060"],
    ["i32", "67305985", "16909060"],
    ["u64", "17872260264855011841", "72623859790383096"],
    ["i64", "-574483808854539775", "72623859790383096"],
    ["bool8", "true", "true"],
    ["char", "\\x01", "\\x01"],
  ];
  for (const [kind, little, big] of expected) {
    assert.equal(decode(kind, eight, true), little, kind);
    assert.equal(decode(kind, eight, false), big, kind);
  }
});

test("64-bit integers keep every digit", () => {
  const most = bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  assert.equal(decode("u64", most, true), "18446744073709551615");
  assert.equal(decode("i64", most, true), "-1");
  assert.deepEqual(encode("u64", "18446744073709551615", true), most);
  assert.deepEqual(encode("i64", "-9223372036854775808", false), bytes(0x80, 0, 0, 0, 0, 0, 0, 0));
});

test("reals show as few digits as lead back to them", () => {
  assert.equal(decode("f32", encode("f32", "0.1", true), true), "0.1");
  assert.equal(decode("f32", bytes(0x01, 0, 0, 0), true), "1.4013e-45");
  assert.equal(decode("f32", bytes(0xff, 0xff, 0x7f, 0x7f), true), "3.4028235e+38");
  assert.equal(decode("f64", encode("f64", "-2.5e-300", false), false), "-2.5e-300");
});

test("NaN, infinities and minus zero are told apart, and can be typed", () => {
  for (const kind of ["f32", "f64"] as const) {
    for (const text of ["NaN", "Infinity", "-Infinity", "-0"]) {
      assert.equal(decode(kind, encode(kind, text, true), true), text);
    }
    assert.equal(decode(kind, encode(kind, "inf", true), true), "Infinity");
  }
});

test("every type comes back as it was typed, in both byte orders", () => {
  const samples: Record<ValueType, string> = {
    u8: "200",
    i8: "-100",
    u16: "60000",
    i16: "-30000",
    u32: "4000000000",
    i32: "-2000000000",
    u64: "12345678901234567890",
    i64: "-1234567890123456789",
    f32: "1.5",
    f64: "3.141592653589793",
    bool8: "true",
    char: "é",
  };
  for (const { id, size } of VALUE_TYPES) {
    for (const little of [true, false]) {
      const coded = encode(id, samples[id], little);
      assert.equal(coded.length, size);
      assert.equal(decode(id, coded, little), samples[id]);
    }
  }
});

test("hex, binary and spaced numbers are taken", () => {
  assert.deepEqual(encode("u16", "0xBEEF", false), bytes(0xbe, 0xef));
  assert.deepEqual(encode("u8", "0b101", true), bytes(5));
  assert.deepEqual(encode("i16", "-0x10", true), bytes(0xf0, 0xff));
  assert.deepEqual(encode("u32", "1_000 000", true), bytes(0x40, 0x42, 0x0f, 0));
  assert.deepEqual(encode("char", "\\x1F", true), bytes(0x1f));
  assert.deepEqual(encode("bool8", " False ", true), bytes(0));
});

test("what does not fit is refused with the range", () => {
  assert.throws(() => encode("u8", "256", true), /u8 goes from 0 to 255/);
  assert.throws(() => encode("i8", "-129", true), /i8 goes from -128 to 127/);
  assert.throws(() => encode("u64", "18446744073709551616", true), /to 18446744073709551615/);
  assert.throws(() => encode("f32", "1e39", true), /too large/);
  assert.throws(() => encode("f64", "1e400", true), /too large/);
});

test("what is no value is refused in words", () => {
  const wrong: [ValueType, string][] = [
    ["u8", ""],
    ["u8", "1.5"],
    ["i32", "abc"],
    ["u32", "0x"],
    ["u32", "1e3"],
    ["f32", "1,5"],
    ["f64", ""],
    ["f64", "."],
    ["f64", "--1"],
    ["bool8", "yes"],
    ["char", "ab"],
    ["char", ""],
    ["char", "€"],
    ["char", "\\x1"],
  ];
  for (const [kind, text] of wrong) assert.throws(() => encode(kind, text, true), Error, text);
});

test("charts get numbers, also of 64-bit integers", () => {
  assert.equal(decodeNumber("i64", encode("i64", "-5", true), true), -5);
  assert.equal(decodeNumber("char", bytes(65), true), 65);
  assert.equal(decodeNumber("bool8", bytes(9), true), 1);
  assert.throws(() => typeOf("u128"));
});

test("a GUID is shown as Windows writes it", () => {
  const raw = bytes(
    0x33,
    0x22,
    0x11,
    0x00,
    0x55,
    0x44,
    0x77,
    0x66,
    0x88,
    0x99,
    0xaa,
    0xbb,
    0xcc,
    0xdd,
    0xee,
    0xff,
  );
  assert.equal(guid(raw), "00112233-4455-6677-8899-aabbccddeeff");
});

test("times are shown where they can be times", () => {
  assert.equal(unixTime(encode("i32", "1700000000", true), 4, true), "2023-11-14 22:13:20");
  assert.equal(unixTime(encode("i64", "1700000000", false), 8, false), "2023-11-14 22:13:20");
  assert.equal(unixTime(encode("i64", "9223372036854775807", true), 8, true), null);
  assert.equal(fileTime(encode("i64", "133444736000000000", true), true), "2023-11-14 22:13:20");
  assert.equal(fileTime(encode("i64", "-100000", true), true), null);
});
