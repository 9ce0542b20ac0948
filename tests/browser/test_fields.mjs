// The fields of a section by a layout: read, edited, charted, and described by pasting a structure.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { placeOf } from "./lib/memory.mjs";
import { expectAccessible, openPage, takePictures } from "./lib/page.mjs";
import { freshName, Peer } from "./lib/peer.mjs";

const HOSTILE = "<img src=x onerror=alert(1)>\u202egnp";

/** A layout of a number that says what it is, a text, and three points. */
const CAR = {
  title: HOSTILE, consistency: { by: "seqlock", field: "sequence", timeout_ms: 50 },
  types: { point: { size: 8, fields: [{ name: "x", type: "f32" }, { name: "y", type: "f32" }] } },
  fields: [
    { name: "sequence", type: "u32" }, { name: "rpm", type: "f32", unit: "1/min", note: HOSTILE },
    { name: "gear", type: "i32", unit: HOSTILE }, { name: "driver", type: "string", bytes: 60, offset: 12 },
    { name: "points", type: "point", count: 3, offset: 72 },
  ],
};

function carBytes({ sequence = 2, rpm = 6500.5, gear = 3, driver = "Ana" } = {}) {
  const bytes = Buffer.alloc(96);
  bytes.writeUInt32LE(sequence, 0);
  bytes.writeFloatLE(rpm, 4);
  bytes.writeInt32LE(gear, 8);
  bytes.write(driver, 12, 59, "utf8");
  [1, 2, 3, 4, 5, 6].forEach((value, i) => bytes.writeFloatLE(value, 72 + 4 * i));
  return bytes;
}

async function show(t, daemon, id) {
  const page = await openPage(t, daemon.address);
  await page.getByRole("link", { name: "Sections" }).first().waitFor();
  await page.goto(await daemon.addressOf(id));
  await page.getByRole("tab", { selected: true }).waitFor();
  return page;
}

/** A section that has the layout, and the page that shows its fields. */
async function openCar(t, { bytes = carBytes(), options = [], layout = CAR } = {}) {
  const daemon = await Daemon.start(t, ...options);
  const section = await daemon.create({ size: 4096 });
  await daemon.write(section.id, 0, bytes);
  await daemon.json("PUT", "/v1/layouts/car", layout);
  await daemon.json("PATCH", `/v1/sections/${section.id}`, { layout: "car" });
  return { daemon, section, page: await show(t, daemon, section.id) };
}

const valueOf = (page, path) =>
  page.getByRole("button", { name: new RegExp(`^${path.replace(/[[\].]/g, "\\$&")}: `) });

const expectValue = (page, path, text) => until(
  async () => (await valueOf(page, path).first().textContent()) === text, `${path} shows ${text}`);

const fieldsOf = async (daemon, id, layout) =>
  (await daemon.json("GET", `/v1/sections/${id}/fields?layout=${layout}`)).fields;

async function edit(page, path, text) {
  await valueOf(page, path).click();
  const input = page.getByLabel(`New value of ${path}`);
  await input.fill(text);
  return input;
}

test("HWiNFO's readings are a table of names, values and units, and nothing was typed", async (t) => {
  const daemon = await Daemon.start(t);
  const peer = await Peer.start(t);
  const name = freshName();
  await peer.command("play", "a", "hwinfo", name, 2, 40);
  await peer.command("tick", "a", 1);
  const { id } = await daemon.json("POST", "/v1/sections/open", { name });
  const page = await show(t, daemon, id);
  assert.equal(await page.getByRole("tab", { selected: true }).textContent(), "Fields");
  const table = page.getByRole("table", { name: "readings", exact: true });
  await table.waitFor();
  assert.deepEqual((await table.locator("thead th").allTextContents()).slice(1, 5),
    ["user_label", "label", "value", "unit"]);
  const matches = async () => {
    const { readings } = await fieldsOf(daemon, id, "hwinfo");
    const rows = await table.locator("tbody tr").evaluateAll((all) =>
      all.map((row) => [...row.cells].slice(1, 5).map((cell) => cell.textContent)));
    return rows.length === 40 && readings.every((reading, i) =>
      ["user_label", "label", "value", "unit"].every((key, j) => rows[i][j] === String(reading[key])));
  };
  await until(matches, "the table has what the daemon reads");
  await peer.command("tick", "a", 2);
  await until(matches, "the table follows the program");
  await peer.command("length", "a", 12);
  await peer.command("tick", "a", 3);
  await until(async () => (await table.locator("tbody tr").count()) === 12, "readings that are gone go");
  await takePictures(page, "fields-hwinfo");
  await expectAccessible(page, "fields of HWiNFO");
});

test("a value is edited where it stands, and the bytes are what was typed", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "rpm", "6500.5");
  const input = await edit(page, "rpm", "7000");
  await input.press("Enter");
  await expectValue(page, "rpm", "7000");
  assert.equal((await daemon.read(section.id, 4, 4)).readFloatLE(0), 7000);
  const text = await edit(page, "driver", "Zoë");
  await text.press("Enter");
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
  await page.getByRole("button", { name: "Write it anyway" }).click();
  await expectValue(page, "gear", "5");
  await notice.waitFor({ state: "detached" });
});

test("what a field cannot hold is refused in words", async (t) => {
  const { page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const input = await edit(page, "gear", "no number");
  await input.press("Enter");
  await page.getByRole("alert").filter({ hasText: "gear" }).waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).last().click();
  await expectValue(page, "gear", "3");
});

test("hostile names, units, notes and values are text", async (t) => {
  const names = ["<script>alert(1)</script>\u202e", "__proto__", "constructor", "名前", "a'b`c&amp;"];
  const layout = { ...CAR, fields: [...CAR.fields, ...names.map((name) => ({ name, type: "u8" }))] };
  const { daemon, section, page } = await openCar(
    t, { bytes: carBytes({ driver: HOSTILE }), layout });
  const shown = "<img src=x onerror=alert(1)>‹202e›gnp";
  await expectValue(page, "driver", shown);
  for (const name of ["<script>alert(1)</script>‹202e›", ...names.slice(1)]) {
    await page.getByRole("rowheader", { name, exact: true }).waitFor();
  }
  const input = await edit(page, "__proto__", "7");
  await input.press("Enter");
  await expectValue(page, "__proto__", "7");
  assert.equal((await daemon.read(section.id, 97, 1))[0], 7);
  await valueOf(page, "rpm").click();
  await page.getByRole("complementary", { name: "Field" }).getByText(shown).waitFor();
  assert.equal(await page.locator("img").count(), 0);
  await takePictures(page, "fields-panel");
  await expectAccessible(page, "fields of hostile texts");
});

test("a layout that the bytes do not match says what was expected and found", async (t) => {
  const { page } = await openCar(t);
  await expectValue(page, "gear", "3");
  await page.getByLabel("Layout").selectOption("rtss");
  const notice = page.getByRole("alert").filter({ hasText: "not those of rtss" });
  await notice.waitFor();
  assert.match(await notice.textContent(), /expected.*found 2/);
  await takePictures(page, "fields-mismatch");
  await expectAccessible(page, "a layout that does not match");
  await page.getByLabel("Layout").selectOption("car");
  await expectValue(page, "gear", "3");
  await notice.waitFor({ state: "detached" });
});

test("a writer that stays in the middle is told as torn, until it goes on", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  await daemon.write(section.id, 0, Buffer.from([3, 0, 0, 0]));
  await page.getByRole("alert").filter({ hasText: "Torn" }).waitFor();
  await expectValue(page, "gear", "3");
  await daemon.write(section.id, 0, Buffer.from([4, 0, 0, 0]));
  await page.getByRole("alert").filter({ hasText: "Torn" }).waitFor({ state: "detached" });
});

test("a pasted structure of C shows its errors at their lines, and is applied once it is right", async (t) => {
  const daemon = await Daemon.start(t);
  const section = await daemon.create({ size: 4096 });
  await daemon.write(section.id, 0, carBytes().subarray(4));
  const page = await show(t, daemon, section.id);
  await page.getByRole("tab", { name: "Fields" }).click();
  await page.getByText("No known layout fits").waitFor();
  await page.getByRole("button", { name: "Describe" }).click();
  const area = page.getByLabel("A structure of C, or a layout in JSON");
  await area.fill("struct telemetry {\n    float rpm;\n    gears gear;\n};");
  const wrong = page.getByRole("button", { name: "3:5" });
  await wrong.waitFor();
  await page.getByText("gears is not a type").waitFor();
  await wrong.click();
  assert.equal(await area.evaluate((field) => field.selectionStart), 38);
  assert.ok(await page.getByRole("button", { name: "Keep and use" }).isDisabled());
  await takePictures(page, "fields-describe-error");
  await expectAccessible(page, "an error in a description");
  await area.fill("struct telemetry {\n    float rpm;\n    int gear;\n};");
  const preview = page.getByRole("table", { name: "Fields as they would be" });
  await preview.getByText("6500.5").waitFor();
  await takePictures(page, "fields-describe");
  await expectAccessible(page, "a description");
  assert.equal(await page.getByLabel("Name").inputValue(), "telemetry");
  await page.getByRole("button", { name: "Keep and use" }).click();
  await expectValue(page, "rpm", "6500.5");
  await expectValue(page, "gear", "3");
  const { layout } = await daemon.json("GET", `/v1/sections/${section.id}`);
  assert.equal(layout, "telemetry");
});

test("a filter, a pin, and a chart of a field", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "points[1].y", "4");
  await page.getByLabel("Filter the fields").fill("ana");
  await until(async () => (await page.locator(".mem-value").count()) === 1, "only the driver is left");
  await page.getByLabel("Filter the fields").fill("");
  await valueOf(page, "rpm").click();
  await page.keyboard.press("Escape");
  const panel = page.getByRole("complementary", { name: "Field" });
  await panel.getByRole("button", { name: "Pin" }).click();
  await page.getByRole("table", { name: "Pinned fields" }).getByText("6500.5").waitFor();
  await panel.getByRole("button", { name: "Chart", exact: true }).click();
  await page.getByRole("tab", { name: "Chart" }).click();
  const series = page.getByRole("list", { name: "Series" }).getByRole("listitem");
  await series.filter({ hasText: "rpm" }).filter({ hasText: "6500.5 1/min" }).waitFor();
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { rpm: 7100 });
  await series.filter({ hasText: "7100 1/min" }).waitFor();
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

test("the hex view has the fields' colours, and their names on hover", async (t) => {
  const { page } = await openCar(t);
  await expectValue(page, "gear", "3");
  await page.getByRole("tab", { name: "Hex" }).click();
  const { x, y } = await placeOf(page, 9);
  await until(async () => {
    await page.mouse.move(x + 1, y);
    await page.mouse.move(x, y);
    return (await page.locator(".mem-layer").getAttribute("title")) === "gear";
  }, "the byte says that it is of gear");
  await page.mouse.click((await placeOf(page, 84)).x, (await placeOf(page, 84)).y);
  await page.locator(".mem-field-name", { hasText: "points[1].y" }).waitFor();
  await takePictures(page, "fields-hex");
  await expectAccessible(page, "fields in the hex view");
});

test("where writing is denied no value can be edited", async (t) => {
  const daemon = await Daemon.start(t);
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
  await page.getByRole("complementary", { name: "Field" }).waitFor();
  assert.equal(await page.getByLabel("New value of gear").count(), 0);
});

test("a session that may only read is offered no editing and no describing", async (t) => {
  const { page } = await openCar(t);
  await expectValue(page, "gear", "3");
  await page.evaluate(() => sessionStorage.setItem("sectiond-role", "read"));
  await page.reload();
  await expectValue(page, "gear", "3");
  await valueOf(page, "gear").click();
  await page.getByRole("complementary", { name: "Field" }).waitFor();
  assert.equal(await page.getByLabel("New value of gear").count(), 0);
  assert.equal(await page.getByRole("button", { name: "Describe" }).count(), 0);
});

test("a section that is closed says so, and keeps what was seen", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  await daemon.json("DELETE", `/v1/sections/${section.id}`);
  await page.getByRole("alert").filter({ hasText: "The section was closed" }).waitFor();
  await expectValue(page, "gear", "3");
  await valueOf(page, "gear").click();
  assert.equal(await page.getByLabel("New value of gear").count(), 0);
});
