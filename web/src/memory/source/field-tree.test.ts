import assert from "node:assert/strict";
import test from "node:test";
import type { FieldPlace, FieldValue } from "../../api/layouts";
import {
  columnsOf, countOf, filterTree, findNode, isLine, isReadings, isTable, partsOf, treeOf,
} from "./field-tree";

const PLACES: FieldPlace[] = [
  { name: "version", type: "u32", offset: 0, size: 4, note: "of the structure" },
  { name: "grid", type: "f32", offset: 8, size: 24, count: [2, 3], stride: 12, unit: "mm" },
  { name: "readings", type: "reading", offset: 100, size: 60, count: 3, stride: 20, fields: [
    { name: "type", type: "u32", offset: 100, size: 4 },
    { name: "value", type: "f64", offset: 104, size: 8 },
    { name: "label", type: "string", offset: 112, size: 8 },
  ] },
];

const VALUES = new Map<string, FieldValue>([
  ["version", 2],
  ...[0, 1].flatMap((i) => [0, 1, 2].map((j): [string, FieldValue] => [`grid[${i}][${j}]`, i + j])),
  ...[0, 1, 2].flatMap((i): [string, FieldValue][] => [
    [`readings[${i}].type`, "fan"], [`readings[${i}].value`, 10 * i],
    [`readings[${i}].label`, ["CPU", "GPU", "Pump"][i]!],
  ]),
]);

const TREE = treeOf(VALUES.keys(), PLACES);

test("a path is taken apart into names and indices", () => {
  assert.deepEqual(partsOf("drivers[3].times[0][2].s"), ["drivers", "[3]", "times", "[0]", "[2]", "s"]);
});

test("each field knows where it lies, also in arrays of several dimensions", () => {
  const offsetOf = (path: string) => findNode(TREE, path)?.offset;
  assert.equal(offsetOf("version"), 0);
  assert.equal(offsetOf("grid[0][2]"), 16);
  assert.equal(offsetOf("grid[1][1]"), 24);
  assert.equal(offsetOf("readings[0].value"), 104);
  assert.equal(offsetOf("readings[2].label"), 152);
});

test("what the layout does not tell yet is there without a place", () => {
  const [node] = treeOf(["speed"], []);
  assert.deepEqual([node?.place, node?.offset, node?.children], [null, null, null]);
});

test("a path that is not there is not found, also where another begins so", () => {
  assert.equal(findNode(treeOf(["gears", "gear"], []), "gear")?.path, "gear");
  assert.equal(findNode(TREE, "readings[9].value"), null);
});

test("only an array of structures of values is a table", () => {
  assert.deepEqual(TREE.map(isTable), [false, false, true]);
  assert.equal(isTable(treeOf(["a[0].b[0]", "a[0].c"], [])[0]!), false);
});

test("a table begins with what a row is called, its value and its unit", () => {
  assert.deepEqual(columnsOf(TREE[2]!).map(({ name }) => name), ["label", "value", "type"]);
});

test("of several names the one that the user gave comes first, the others after what is measured", () => {
  const names = ["id", "label", "user_label", "maximum", "value", "unit"];
  const [table] = treeOf(names.map((name) => `a[0].${name}`), []);
  assert.deepEqual(columnsOf(table!).map(({ name }) => name),
    ["user_label", "value", "unit", "maximum", "id", "label"]);
});

test("a table of named values is one of readings", () => {
  assert.deepEqual(TREE.map(isReadings), [false, false, true]);
  assert.equal(isReadings(treeOf(["a[0].value", "a[0].x"], [])[0]!), false);
  assert.equal(isReadings(treeOf(["a[0].name", "a[0].x"], [])[0]!), false);
  assert.equal(isReadings(treeOf(["a.name", "a.value"], [])[0]!), false);
});

test("an array of few values is a line, one of many or of structures is not", () => {
  const arrayOf = (count: number) => treeOf(Array.from({ length: count }, (_, i) => `a[${i}]`), [])[0]!;
  assert.deepEqual([1, 4, 8, 9].map((count) => isLine(arrayOf(count))), [true, true, true, false]);
  assert.deepEqual(TREE.map(isLine), [false, false, false]);
  assert.equal(isLine(treeOf(["s.x", "s.y"], [])[0]!), false);
});

test("a line stays whole where one of its values is wanted", () => {
  const values = new Map<string, FieldValue>([["a[0]", 17], ["a[1]", 42]]);
  const [line] = filterTree(treeOf(values.keys(), []), "42", values);
  assert.equal(line!.children!.length, 2);
});

test("an element that has a member more adds a column", () => {
  const [table] = treeOf(["a[0].x", "a[1].x", "a[1].y"], []);
  assert.deepEqual(columnsOf(table!).map(({ name }) => name), ["x", "y"]);
});

test("values are counted through all levels", () => {
  assert.deepEqual(TREE.map(countOf), [1, 6, 9]);
});

test("a filter looks at paths, values, units and notes", () => {
  const left = (words: string) => filterTree(TREE, words, VALUES).map(({ path }) => path);
  assert.deepEqual(left("VERS"), ["version"]);
  assert.deepEqual(left("of the structure"), ["version"]);
  assert.deepEqual(left("mm"), ["grid"]);
  assert.deepEqual(left("nothing has this"), []);
  assert.equal(filterTree(TREE, "  ", VALUES), TREE);
});

test("a row of a table stays whole where one of its members is wanted", () => {
  const [table] = filterTree(TREE, "pump", VALUES);
  assert.deepEqual(table!.children!.map(({ path }) => path), ["readings[2]"]);
  assert.equal(table!.children![0]!.children!.length, 3);
});
