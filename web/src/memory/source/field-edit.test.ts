import assert from "node:assert/strict";
import test from "node:test";
import type { FieldValue } from "../../api/layouts";
import { type FieldMemory, guardedStore } from "./field-edit";

/** A field that a program writes, too: before each write of ours the next of `between`. */
function memoryOf(first: FieldValue | undefined, between: FieldValue[] = []) {
  const memory: FieldMemory & { value: FieldValue | undefined } = {
    value: first,
    read: () => Promise.resolve({ value: memory.value, etag: JSON.stringify(memory.value ?? "none") }),
    write: (_field, value, etag) => {
      memory.value = between.length > 0 ? between.shift() : memory.value;
      const fits = etag === JSON.stringify(memory.value);
      memory.value = fits ? value : memory.value;
      return Promise.resolve(fits);
    },
  };
  return memory;
}

const EDIT = { layout: "car", path: "gear", before: 3, after: 5 };

test("a value that is the one that was seen is written over", async () => {
  const memory = memoryOf(3);
  assert.equal(await guardedStore(memory, EDIT), null);
  assert.equal(memory.value, 5);
});

test("another value is found, and not written over", async () => {
  const memory = memoryOf(4);
  assert.deepEqual(await guardedStore(memory, EDIT), { found: 4 });
  assert.equal(memory.value, 4);
});

test("one that changes between reading and writing is found", async () => {
  const memory = memoryOf(3, [4]);
  assert.deepEqual(await guardedStore(memory, EDIT), { found: 4 });
  assert.equal(memory.value, 4);
});

test("a field that is not there is found as that", async () => {
  assert.deepEqual(await guardedStore(memoryOf(undefined), EDIT), { found: undefined });
});

test("a copy without a tag is not written over", async () => {
  const torn = { ...memoryOf(3), read: () => Promise.resolve({ value: 3, etag: null }) };
  await assert.rejects(guardedStore(torn, EDIT), /consistent/);
});

test("a field that never stands still is given up", async () => {
  const restless = { ...memoryOf(3), write: () => Promise.resolve(false) };
  await assert.rejects(guardedStore(restless, EDIT), /too fast/);
});
