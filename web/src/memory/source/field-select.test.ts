import assert from "node:assert/strict";
import test from "node:test";
import { isSelected, selectOf } from "./field-select";
import { treeOf } from "./field-tree";

const TREE = treeOf(["rpm", "flags.pit", "flags.gear", "rows[0].x", "rows[0].y", "rows[1].x", "rows[1].y",
  "rows[2].x", "rows[2].y"], []);

const of = (...paths: string[]) => selectOf(new Set(paths), TREE);

test("only what is wanted is asked for", () => {
  assert.deepEqual(of("rpm"), ["rpm"]);
  assert.deepEqual(of("flags.gear", "rows[1]"), ["flags.gear", "rows[1]"]);
});

test("what is wanted in all its parts is asked for as a whole, and all fields without a word", () => {
  assert.deepEqual(of("rows[0].x", "rows[0].y"), ["rows[0]"]);
  assert.deepEqual(of("rows[0]", "rows[1].x", "rows[1].y", "rows[2]"), ["rows"]);
  assert.equal(of("rpm", "flags", "rows[0]", "rows[1]", "rows[2]"), null);
});

test("a part of what is wanted anyway is not asked for a second time", () => {
  assert.deepEqual(of("rows", "rows[1].x", "rpm"), ["rpm", "rows"]);
});

test("what is not in the section is not asked for", () => {
  assert.deepEqual(of("rpm", "gone", "rows[7].x"), ["rpm"]);
});

test("where nothing is wanted one value is asked for, and of no fields all", () => {
  assert.deepEqual(of(), ["rpm"]);
  assert.deepEqual(selectOf(new Set(), treeOf(["a.b[0].c", "d"], [])), ["a.b[0].c"]);
  assert.equal(selectOf(new Set(["x"]), []), null);
});

test("of more paths than the daemon takes the common part is asked for", () => {
  const many = treeOf(Array.from({ length: 300 }, (_, i) => [`rows[${i}].x`, `rows[${i}].y`]).flat().concat("z"), []);
  const rows = (count: number) => new Set(Array.from({ length: count }, (_, i) => `rows[${i}]`));
  assert.equal(selectOf(rows(64), many)?.length, 64);
  assert.deepEqual(selectOf(rows(65), many), ["rows"]);
  const flat = treeOf(Array.from({ length: 100 }, (_, i) => `n${i}`), []);
  assert.equal(selectOf(new Set(Array.from({ length: 70 }, (_, i) => `n${i}`)), flat), null);
});

test("a path is selected by itself and by what it is a part of, not by what is called alike", () => {
  const select = new Set(["rows[1]", "flags", "rpm"]);
  for (const path of ["rows[1]", "rows[1].x", "flags.pit", "rpm"]) {
    assert.ok(isSelected(path, select), path);
  }
  for (const path of ["rows[10].x", "rows[0].x", "rpm2", "flag", "rows"]) {
    assert.ok(!isSelected(path, select), path);
  }
});
