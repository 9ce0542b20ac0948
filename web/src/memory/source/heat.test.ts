import assert from "node:assert/strict";
import { test } from "node:test";
import { Heat } from "./heat";

test("a change warms the bucket it is in, and no other", () => {
  const heat = new Heat(2 ** 40, 512);
  heat.add(2 ** 39, 8, 1000);
  assert.equal(heat.bucketOf(2 ** 39), 256);
  assert.deepEqual(
    [...heat.buckets.keys()].filter((i) => heat.buckets[i]),
    [256],
  );
});

test("a long change warms all that it covers", () => {
  const heat = new Heat(4096, 16);
  heat.add(250, 512, 1);
  assert.deepEqual(
    [...heat.buckets.keys()].filter((i) => heat.buckets[i]),
    [0, 1, 2],
  );
});

test("heat never passes 1, however often a byte changes", () => {
  const heat = new Heat(64, 8);
  for (let i = 0; i < 1000; i++) heat.add(0, 1, 1);
  assert.ok(heat.buckets[0]! <= 1 && heat.buckets[0]! > 0.9);
});

test("it fades by half, and then is cold", () => {
  const heat = new Heat(64, 8);
  heat.add(0, 1, 1000);
  const first = heat.buckets[0]!;
  assert.ok(heat.cool(5000));
  assert.ok(Math.abs(heat.buckets[0]! - first / 2) < 1e-6);
  assert.equal(heat.cool(100_000), false);
  assert.equal(heat.buckets[0], 0);
});

test("a section shorter than the strip has a bucket for each byte", () => {
  const heat = new Heat(3, 512);
  assert.equal(heat.buckets.length, 3);
  assert.equal(heat.bucketOf(2), 2);
  assert.equal(heat.bucketOf(99), 2);
  assert.equal(heat.offsetOf(1), 1);
});
