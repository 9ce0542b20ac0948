import assert from "node:assert/strict";
import { test } from "node:test";
import { BEAT_MS, untilBeat } from "./beat";

test("whoever asks within one beat is led to the same moment", () => {
  for (const every of [1, 2, 3]) {
    const period = BEAT_MS * every;
    const moments = [0, 1, 7, period - 1].map((now) => now + untilBeat(now, every));
    assert.deepEqual(new Set(moments), new Set([period]));
  }
});

test("the slower beats fall on the faster ones", () => {
  assert.equal((130 + untilBeat(130, 2)) % BEAT_MS, 0);
  assert.equal(untilBeat(200), BEAT_MS);
});
