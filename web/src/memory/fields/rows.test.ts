import assert from "node:assert/strict";
import test from "node:test";
import { linesOf, viewOf } from "./rows";

const heightOf = (lines: ReturnType<typeof linesOf>) =>
  lines.reduce((sum, line) => sum + ("gap" in line ? line.gap : 1), 0);

test("the rows in view are drawn, and some around them", () => {
  const { first, end } = viewOf(1000, 20, -2000, 400);
  assert.ok(first < 100 && first > 80 && end > 120 && end < 140);
});

test("above and below the table nothing is drawn", () => {
  assert.deepEqual(viewOf(1000, 20, 5000, 400), { first: 0, end: 0 });
  const below = viewOf(1000, 20, -90000, 400);
  assert.deepEqual(linesOf(1000, below, null), [{ gap: 1000, from: 0 }]);
});

test("gaps stand for all that is not drawn", () => {
  for (const kept of [null, 0, 5, 55, 99, 100]) {
    for (const view of [{ first: 0, end: 0 }, { first: 0, end: 100 }, { first: 50, end: 60 }]) {
      const lines = linesOf(100, view, kept);
      assert.equal(heightOf(lines), 100);
      assert.ok(kept === null || kept > 99 || lines.some((line) => "row" in line && line.row === kept));
    }
  }
});

test("a view of a table that has become shorter has no row that is not there", () => {
  assert.deepEqual(linesOf(3, { first: 2, end: 9 }, 8), [{ gap: 2, from: 0 }, { row: 2 }]);
  assert.deepEqual(linesOf(0, { first: 0, end: 4 }, null), []);
});
