// Values are edited where they stand: what was typed is written, if what was seen is still there.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import {
  CAR, carBytes, edit, enter, expectValue, goTo, makeCar, openCar, panelOf, shared, show, valueOf,
} from "./lib/fields.mjs";
import { expectAccessible, takePictures, twoFrames } from "./lib/page.mjs";
import { freshName } from "./lib/peer.mjs";

const refusal = (page) => page.locator(".mem-clash").getByRole("alert");
const dismiss = (page) => page.locator(".mem-clash").getByRole("button", { name: "Close" }).click();

test("a value is edited where it stands, and the bytes are what was typed", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "rpm", "6500.5");
  await enter(page, "rpm", "7000");
  await expectValue(page, "rpm", "7000");
  assert.equal((await daemon.read(section.id, 4, 4)).readFloatLE(0), 7000);
  await enter(page, "driver", "Zoë");
  await expectValue(page, "driver", "Zoë");
  assert.equal((await daemon.read(section.id, 12, 5)).toString(), "Zoë\0");
  const left = await edit(page, "gear", "9");
  await left.press("Escape");
  assert.equal((await daemon.read(section.id, 8, 4)).readInt32LE(0), 3);
});

test("a value that changed while it was typed is shown, and not overwritten", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const input = await edit(page, "gear", "5");
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { gear: 4 });
  await input.press("Enter");
  const notice = page.getByRole("alert").filter({ hasText: "Not written" });
  await notice.waitFor();
  assert.match(await notice.textContent(), /gear changed.*was 3 when you typed 5, and is 4 now/);
  assert.equal((await daemon.read(section.id, 8, 4)).readInt32LE(0), 4);
  await takePictures(page, "fields-conflict");
  await expectAccessible(page, "a value that changed meanwhile");
  await page.getByRole("button", { name: "Write it anyway" }).click();
  await expectValue(page, "gear", "5");
  await notice.waitFor({ state: "detached" });
  const again = await edit(page, "gear", "7");
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { gear: 2 });
  await again.press("Enter");
  await page.getByRole("button", { name: "Keep what is there" }).click();
  await notice.waitFor({ state: "detached" });
  await expectValue(page, "gear", "2");
});

test("a field that went while its value was typed is told, and nothing is written", async (t) => {
  const layout = { fields: [{ name: "version", type: "u32" },
    { name: "extra", type: "u32", since: { field: "version", min: 2 } }] };
  const { daemon, section, page } = await openCar(t, { bytes: Buffer.from([2, 0, 0, 0, 9]), layout });
  await expectValue(page, "extra", "9");
  const input = await edit(page, "extra", "10");
  await daemon.request("PUT", `/v1/sections/${section.id}/data?offset=0`, Buffer.from([1]));
  if (await input.isVisible()) {
    await input.press("Enter").catch(() => {}); // it may go with its field
  }
  await valueOf(page, "extra").waitFor({ state: "detached" });
  assert.equal((await daemon.read(section.id, 4, 1))[0], 9);
});

test("what a field cannot hold is refused in words, and nothing is written", async (t) => {
  const layout = { fields: [
    { name: "small", type: "u8" }, { name: "state", type: "u8", enum: { 1: "menu", 2: "driving" } },
    { name: "text", type: "string", bytes: 6 }, { name: "real", type: "f32", offset: 8 },
    { name: "flags", type: "u16", bits: { gear: { shift: 4, width: 3 }, pit: { shift: 0, width: 1 } } }] };
  const bytes = Buffer.from([7, 1, 65, 110, 97, 0, 0, 0, 0, 0, 0, 63, 0x30, 0]);
  const { daemon, section, page } = await openCar(t, { bytes, layout });
  await expectValue(page, "state", "menu");
  const wrong = [["small", "256"], ["small", "-1"], ["small", "1.5"], ["small", "no number"], ["small", "0x100"],
    ["state", "flying"], ["state", "300"], ["text", "as long as this"], ["real", "much"], ["real", "1e300"],
    ["flags.gear", "8"], ["flags.pit", "2"]];
  for (const [path, typed] of wrong) {
    await enter(page, path, typed);
    await refusal(page).filter({ hasText: path }).waitFor();
    assert.deepEqual(await daemon.read(section.id, 0, bytes.length), bytes, `${path} = ${typed}`);
    await dismiss(page);
  }
  await enter(page, "small", "");
  await refusal(page).filter({ hasText: "small" }).waitFor();
  await takePictures(page, "fields-refused");
  await expectAccessible(page, "a value that was refused");
  await dismiss(page);
  await expectValue(page, "small", "7");
});

test("labels, bits, wide integers and hexadecimal digits are written as they are typed", async (t) => {
  const layout = { fields: [
    { name: "big", type: "u64" }, { name: "state", type: "u8", enum: { 1: "menu", 2: "driving" } },
    { name: "flags", type: "u16", bits: { gear: { shift: 4, width: 3 }, pit: { shift: 0, width: 1 } } },
    { name: "none", type: "i16", null_value: -1, offset: 12 }, { name: "scaled", type: "u16", scale: 0.5 }] };
  const { daemon, section, page } = await openCar(t, { bytes: Buffer.alloc(16), layout });
  for (const [path, typed, shown] of [["big", "18446744073709551615", "18446744073709551615"],
    ["state", "driving", "driving"], ["state", "1", "menu"], ["flags.gear", "0x5", "5"],
    ["flags.pit", "true", "true"], ["none", "", "–"], ["scaled", "1.5", "1.5"]]) {
    await enter(page, path, typed);
    await expectValue(page, path, shown);
  }
  assert.equal((await daemon.read(section.id, 0, 16)).toString("hex"), "ffffffffffffffff01005100ffff0300");
});

test("labels are offered where a value is edited, and so are true and false", async (t) => {
  const layout = { fields: [
    { name: "state", type: "u8", enum: { 1: "menu", 2: "driving" } }, { name: "plain", type: "u8" },
    { name: "states", type: "u8", count: 2, enum: { 0: "off", 1: "on" } },
    { name: "flags", type: "u8", bits: { pit: { shift: 0, width: 1 }, gear: { shift: 1, width: 3 } } }] };
  const { daemon, section, page } = await openCar(t, { bytes: Buffer.from([1, 7, 0, 1, 0]), layout });
  const offered = async (path) => {
    await valueOf(page, path).click();
    const input = page.getByLabel(`New value of ${path}`);
    const list = await input.evaluate((element) =>
      [...(element.list?.options ?? [])].map((option) => option.value));
    const told = [list, await input.inputValue(), await input.getAttribute("placeholder")];
    await input.press("Enter"); // nothing was chosen
    return told;
  };
  await expectValue(page, "state", "menu");
  assert.deepEqual(await offered("state"), [["menu", "driving"], "", "menu"]);
  assert.deepEqual(await offered("states[1]"), [["off", "on"], "", "on"]);
  assert.deepEqual(await offered("flags.pit"), [["true", "false"], "", "false"]);
  assert.deepEqual(await offered("flags.gear"), [[], "0", ""]);
  assert.deepEqual(await offered("plain"), [[], "7", ""]);
  await enter(page, "states[0]", "on");
  await expectValue(page, "states[0]", "on");
  assert.deepEqual([...await daemon.read(section.id, 0, 5)], [1, 7, 1, 1, 0]);
  await valueOf(page, "state").click();
  await takePictures(page, "fields-labels");
  await expectAccessible(page, "a value that has labels");
});

test("what the layout itself goes by is not written from here", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "sequence", "2");
  await enter(page, "sequence", "8");
  await refusal(page).filter({ hasText: "the layout itself reads this field" }).waitFor();
  assert.equal((await daemon.read(section.id, 0, 1))[0], 2);
});

test("while no copy is consistent nothing is written, and that is said", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const input = await edit(page, "gear", "5");
  await daemon.write(section.id, 0, Buffer.from([3]));
  await input.press("Enter");
  await refusal(page).filter({ hasText: "consistent" }).waitFor();
  assert.equal((await daemon.read(section.id, 8, 4)).readInt32LE(0), 3);
});

test("what is typed stays while the values around it change", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const input = await edit(page, "driver", "half a na");
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { rpm: 1234.5, gear: 6 });
  await expectValue(page, "gear", "6");
  assert.equal(await input.inputValue(), "half a na");
  await input.press("Enter");
  await expectValue(page, "driver", "half a na");
});

/** Holds up the answer to one of the page's reads of gear: the first one of an edit is 1, that after it 2. */
async function holdUp(page, which) {
  const held = {};
  held.seen = new Promise((resolve) => (held.see = resolve));
  held.released = new Promise((resolve) => (held.release = resolve));
  let reads = 0;
  await page.route(/fields\?.*select=gear/, async (route) => {
    if (route.request().method() !== "GET" || ++reads !== which) {
      await route.continue();
      return;
    }
    const response = await route.fetch();
    held.see();
    await held.released;
    await route.fulfill({ response });
  });
  return held;
}

test("a value is written by the layout by which it was typed, also if another is chosen meanwhile", async (t) => {
  const moved = CAR.fields.map((each) => (each.name === "gear" ? { ...each, offset: 200 } : each));
  const { daemon, section, page } = await openCar(t, { others: { moved: { ...CAR, fields: moved } } });
  await daemon.write(section.id, 200, Buffer.from([3]));
  await expectValue(page, "gear", "3");
  const input = await edit(page, "gear", "5");
  const { seen, release } = await holdUp(page, 1);
  await input.press("Enter");
  await seen;
  await page.getByLabel("Layout").selectOption("moved");
  await expectValue(page, "gear", "3");
  release();
  await until(async () => (await daemon.read(section.id, 8, 1))[0] === 5, "the field of the first layout is written");
  assert.equal((await daemon.read(section.id, 200, 1))[0], 3);
  await page.getByLabel("Layout").selectOption("car");
  await expectValue(page, "gear", "5");
});

test("a write that fails after another layout was chosen says of which it was", async (t) => {
  const { daemon, section, page } = await openCar(t, { others: { other: CAR } });
  await expectValue(page, "gear", "3");
  const input = await edit(page, "gear", "5");
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { gear: 4 });
  const { seen, release } = await holdUp(page, 1);
  await input.press("Enter");
  await seen;
  await page.getByLabel("Layout").selectOption("other");
  release();
  await page.getByRole("alert").filter({ hasText: "gear of car changed meanwhile" }).waitFor();
  assert.equal((await daemon.read(section.id, 8, 1))[0], 4);
});

test("what was read after a write does not replace what came since", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const input = await edit(page, "gear", "5");
  const { seen, release } = await holdUp(page, 2);
  await input.press("Enter");
  await seen;
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { gear: 6 });
  await expectValue(page, "gear", "6");
  const read = page.waitForResponse((response) => response.request().method() === "GET");
  release();
  await read;
  await twoFrames(page);
  await expectValue(page, "gear", "6");
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { rpm: 1 });
  await expectValue(page, "rpm", "1");
  await expectValue(page, "gear", "6");
});

test("values that are typed one after the other are written in that order, and each that was not is told", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const asked = [];
  const look = (request) => asked.push(`${request.method()} ${new URL(request.url()).searchParams.get("select")}`);
  const { seen, release } = await holdUp(page, 1);
  await enter(page, "gear", "5");
  await seen;
  page.on("request", look);
  t.after(() => page.off("request", look));
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { gear: 4 });
  await enter(page, "rpm", "7000");
  release();
  await expectValue(page, "rpm", "7000");
  const first = (what) => asked.indexOf(what);
  assert.ok(first("PATCH gear") >= 0 && first("PATCH gear") < first("GET rpm"), asked.join());
  await page.getByRole("alert").filter({ hasText: "gear changed meanwhile" }).waitFor();
  assert.equal((await daemon.read(section.id, 8, 1))[0], 4);
});

test("arrow keys lead through a table, and Enter edits", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "points[0].x", "1");
  await valueOf(page, "points[0].x").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByLabel("New value of points[1].y").waitFor();
  await page.keyboard.type("-2.5");
  await page.keyboard.press("Enter");
  await expectValue(page, "points[1].y", "-2.5");
  assert.equal((await daemon.read(section.id, 84, 4)).readFloatLE(0), -2.5);
});

test("where writing is denied no value can be edited", async (t) => {
  const { daemon } = await shared(t);
  const section = await daemon.create({ name: freshName() });
  await daemon.write(section.id, 0, carBytes());
  await daemon.json("PUT", "/v1/layouts/car", { ...CAR, consistency: { by: "none" } });
  const denying = await Daemon.start(t, "--deny", "write");
  const { id } = await denying.json("POST", "/v1/sections/open", { name: section.name });
  await denying.json("PUT", "/v1/layouts/car", { ...CAR, consistency: { by: "none" } });
  await denying.json("PATCH", `/v1/sections/${id}`, { layout: "car" });
  const page = await show(t, denying, id);
  await expectValue(page, "gear", "3");
  await valueOf(page, "gear").click();
  await panelOf(page).waitFor();
  assert.equal(await page.getByLabel("New value of gear").count(), 0);
});

test("a section that was opened for reading only is not edited", async (t) => {
  const { daemon, page } = await shared(t);
  const made = await daemon.create({ name: freshName() });
  await daemon.write(made.id, 0, carBytes());
  await daemon.json("PUT", "/v1/layouts/car", CAR);
  const { id } = await daemon.json("POST", "/v1/sections/open", { name: made.name, access: "read" });
  await daemon.json("PATCH", `/v1/sections/${id}`, { layout: "car" });
  await goTo(page, daemon, id);
  await expectValue(page, "gear", "3");
  await valueOf(page, "gear").click();
  await panelOf(page).waitFor();
  assert.equal(await page.getByLabel("New value of gear").count(), 0);
  await page.keyboard.press("Escape");
  await panelOf(page).waitFor({ state: "detached" });
});

test("a session that may only read is offered no editing and no describing", async (t) => {
  const { daemon } = await shared(t);
  const page = await show(t, daemon, (await makeCar(daemon)).id);
  await expectValue(page, "gear", "3");
  await page.evaluate(() => sessionStorage.setItem("sectiond-role", "read"));
  await page.reload();
  await expectValue(page, "gear", "3");
  await valueOf(page, "gear").click();
  await panelOf(page).waitFor();
  assert.equal(await page.getByLabel("New value of gear").count(), 0);
  assert.equal(await page.getByRole("button", { name: "Describe" }).count(), 0);
});
