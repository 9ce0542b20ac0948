import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { asAscii, asBase64, asCArray, asCurl, asHex, identifier, parseHex } from "./byte-text";

test("hex and base64", () => {
  assert.equal(asHex(Uint8Array.of(0, 10, 255)), "00 0a ff");
  assert.equal(asBase64(Uint8Array.of(0, 10, 255)), "AAr/");
  const large = new Uint8Array(100_000).map((_, i) => i * 7);
  assert.equal(asBase64(large), Buffer.from(large).toString("base64"));
});

test("a C array has its length, and twelve bytes a line", () => {
  const text = asCArray(new Uint8Array(13).fill(0xab), "SHINE");
  assert.match(text, /^static const unsigned char SHINE\[13\] = \{\n/);
  assert.equal(text.split("\n")[1]?.match(/0xab/g)?.length, 12);
  assert.equal(text.split("\n")[2], "    0xab,");
});

test("any name becomes one that C takes", () => {
  assert.equal(identifier("Local\\SHINE 2"), "Local_SHINE_2");
  assert.equal(identifier("<img onerror=x>"), "img_onerror_x");
  assert.equal(identifier("42"), "bytes_42");
  assert.equal(identifier("我"), "bytes");
});

test("the curl line is one command with the address whole", () => {
  const line = asCurl("http://127.0.0.1:7780", 3, 4096, 16);
  const words = execFileSync("sh", ["-c", `curl() { printf '%s\\n' "$@"; }; HOME=/h; ${line}`], {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  })
    .trim()
    .split("\n");
  assert.deepEqual(words, [
    "-s",
    "-H",
    "@/h/.local/state/sectiond/header",
    "http://127.0.0.1:7780/v1/sections/3/data?offset=4096&length=16&format=hex",
  ]);
});

test("control and foreign bytes are dots", () => {
  assert.equal(asAscii(Uint8Array.of(0x41, 0x20, 0x7e, 0x7f, 0, 0xe9)), "A ~···");
});

test("hex is pasted as it is found anywhere", () => {
  for (const text of [
    "deadBEEF",
    "de ad be ef",
    "0xDE, 0xAD,\n0xBE, 0xEF",
    "\\xde\\xad\\xbe\\xef",
    "de:ad-be_ef",
    "{0xde,0xad,0xbe,0xef};",
  ]) {
    assert.deepEqual([...parseHex(text)!], [0xde, 0xad, 0xbe, 0xef], text);
  }
  for (const text of ["", "abc", "hello", "0x"]) assert.equal(parseHex(text), null, text);
});
