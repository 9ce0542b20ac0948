import assert from "node:assert/strict";
import { test } from "node:test";
import { REDRAW_MS, untilRedraw } from "./redraw";

test("all who ask between two redraws get the same moment", () => {
  for (const every of [1, 2, 3]) {
    const period = REDRAW_MS * every;
    const moments = [0, 1, 7, period - 1].map((now) => now + untilRedraw(now, every));
    assert.deepEqual(new Set(moments), new Set([period]));
  }
});

test("slower redraws coincide with faster ones", () => {
  assert.equal((130 + untilRedraw(130, 2)) % REDRAW_MS, 0);
  assert.equal(untilRedraw(200), REDRAW_MS);
});
