import assert from "node:assert/strict";
import test from "node:test";
import { isC, nameOf, placeInText, structsOf } from "./description";

test("JSON begins with a brace", () => {
  assert.equal(isC('\n { "fields": [] }'), false);
  assert.equal(isC("struct a { int b; };"), true);
  assert.equal(isC(""), true);
});

test("a layout is called as its last structure, else as its section", () => {
  assert.equal(nameOf("struct a { int b; };\nstruct Car_State { struct a c; };", null), "car_state");
  assert.equal(nameOf("typedef struct { int b; } Telemetry;", null), "telemetry");
  assert.equal(nameOf("", "Global\\HWiNFO SM2"), "hwinfo-sm2");
  assert.equal(nameOf("int;", "<img>"), "img");
  assert.equal(nameOf("int;", "名前"), "layout");
  assert.equal(nameOf("", null), "layout");
  assert.equal(nameOf(`struct ${"x".repeat(99)} { int a; };`, null).length, 64);
});

test("the structures that can be chosen are those that stand by themselves", () => {
  assert.deepEqual(structsOf("struct a { struct { int x; } in; };\nunion b { int c; };"), ["a", "b"]);
  assert.deepEqual(structsOf("typedef struct { int a; } One, *OneP;\ntypedef struct two { int a; } Two;"),
    ["One", "two"]);
  assert.deepEqual(structsOf("struct __attribute__((packed)) a { int b[3]; }; enum e { X };"), ["a"]);
  assert.deepEqual(structsOf("// struct no { int a; };\n/* struct n2 { */ #x\n#define S struct n3 {\n"), []);
  assert.deepEqual(structsOf('extern "C" {\nstruct a { int b; };\n}\nstruct c { int d; };'), ["a", "c"]);
  assert.deepEqual(structsOf("struct a; struct a *p; }}} struct b {"), ["b"]);
  assert.deepEqual(structsOf("int a[] = {1, 2};"), []);
});

test("a layout is called as the structure that was chosen", () => {
  assert.equal(nameOf("struct a { int b; }; struct c { struct { int d; } e; };", null), "c");
  assert.equal(nameOf("struct a { int b; }; struct c { int d; };", null, "a"), "a");
});

test("an error stands at its line and column, or at the member of its pointer", () => {
  const text = "one\ntwo three\nfour";
  assert.equal(text[placeInText(text, 2, 5)], "t");
  assert.equal(placeInText(text, 3, 99), text.length);
  assert.equal(placeInText('{"fields":[{"type":"q"}]}', undefined, undefined, "#/fields/0/type"), 12);
  assert.equal(placeInText("{}", undefined, undefined, "#/fields"), 0);
  assert.equal(placeInText("{}"), 0);
});
