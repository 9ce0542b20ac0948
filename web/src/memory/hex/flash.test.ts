import assert from "node:assert/strict";
import { test } from "node:test";
import { FLASH_MS, flashStrength } from "./flash";

test("a change shows fully at once", () => {
  assert.equal(flashStrength(1000, 1000), 1);
  assert.equal(flashStrength(1000, 1100), 1);
});

test("it fades without ever growing, to nothing", () => {
  let last = 1;
  for (let age = 0; age <= FLASH_MS; age += 10) {
    const strength = flashStrength(1000, 1000 + age);
    assert.ok(strength <= last && strength >= 0);
    last = strength;
  }
  assert.equal(last, 0);
});

test("what never changed does not flash, whatever the time", () => {
  assert.equal(flashStrength(0, 1), 0);
});
