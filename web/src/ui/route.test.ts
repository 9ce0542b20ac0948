import assert from "node:assert/strict";
import test from "node:test";
import { addressOf, addressOfName, addressOfNew, parsePlace, parseRoute, reachedByName } from "./route";

const INSTANCE = "0123456789abcdef0123456789abcdef";
const section = (id: number, name: string | null, orphaned = false) =>
  ({ id, instance: INSTANCE, name, scope: null, orphaned });

test("an address that a section gets is read as that section", () => {
  assert.deepEqual(parseRoute(addressOf({ id: 7, instance: INSTANCE })),
    { view: "section", place: `${INSTANCE}.7` });
  assert.deepEqual(parsePlace(`${INSTANCE}.7`), { id: 7, instance: INSTANCE });
  for (const name of ["SHINE", "a/b", "100%", "#", "Session\\1\\X", "ü€", "@", "7"]) {
    const route = parseRoute(`${addressOfName({ name, scope: null })}/hex`);
    assert.equal(route.view, "section");
    assert.deepEqual(parsePlace((route as { place: string }).place), { name });
  }
});

test("the address of a name says the scope where there is one", () => {
  const placeOf = (name: string, scope: "local" | "global") =>
    parsePlace(addressOfName({ name, scope }).slice("#/section/".length));
  assert.deepEqual(placeOf("X", "global"), { name: "Global\\X" });
  assert.deepEqual(placeOf("X", "local"), { name: "Local\\X" });
  assert.deepEqual(placeOf("Session\\1\\X", "local"), { name: "Session\\1\\X" });
});

test("a number alone has no instance, and what is no place leads to the list", () => {
  assert.deepEqual(parsePlace("7"), { id: 7, instance: null });
  for (const place of ["", "@", "@%", "x", "-1", "1.7", `${INSTANCE}.`, `${INSTANCE}.x`]) {
    assert.equal(parsePlace(place), null, place);
    assert.deepEqual(parseRoute(`#/section/${place}`), { view: "sections" });
  }
});

test("a name is the address of its newest section that is not orphaned", () => {
  const all = [section(1, "A"), section(2, "A"), section(3, "A", true), section(4, "B", true),
    section(5, null)];
  assert.deepEqual([...reachedByName(all)], [2]);
  assert.equal(addressOfNew(section(5, null)), `#/section/${INSTANCE}.5`);
  assert.equal(addressOfNew(section(3, "A", true)), `#/section/${INSTANCE}.3`);
  assert.equal(addressOfNew(section(2, "A")), "#/section/@A");
});
