// The fields of a section by a layout: shown live, filtered, charted, and over the bytes.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import {
  CAR, HOSTILE, carBytes, expectValue, fieldsOf, goTo, makeCar, openCar, panelOf, shared, show, valueOf,
} from "./lib/fields.mjs";
import { placeOf, selected } from "./lib/memory.mjs";
import { NARROW_VIEW, WIDE_VIEW, expectAccessible, takePictures } from "./lib/page.mjs";
import { freshName, Peer } from "./lib/peer.mjs";

const SHOWN = ["user_label", "value", "unit", "minimum"];

/** A program that shares `readings` readings as HWiNFO does, and the page that shows them. */
async function openHwinfo(t, readings) {
  const { daemon, page } = await shared(t);
  const peer = await Peer.start(t);
  const name = freshName();
  await peer.command("play", "a", "hwinfo", name, 2, readings);
  await peer.command("tick", "a", 1);
  const { id } = await daemon.json("POST", "/v1/sections/open", { name });
  await goTo(page, daemon, id);
  const table = page.getByRole("table", { name: "readings", exact: true });
  await table.waitFor();
  return { daemon, peer, id, page, table };
}

/** What the rows of readings that are drawn say, by their index; of what is cut the whole. */
const rowsOf = async (table) => Object.fromEntries(await table.locator("tr[data-row]").evaluateAll((all) =>
  all.map((row) => [row.dataset.row, [...row.cells].slice(1, 5).map((cell) =>
    (/^[-0-9.e]+$/.test(cell.firstChild.title) ? cell.firstChild.title : cell.textContent))])));

test("HWiNFO's readings are a table of names, values and units, and nothing was typed", async (t) => {
  const { daemon, peer, id, page, table } = await openHwinfo(t, 40);
  assert.equal(await page.getByRole("tab").first().textContent(), "Fields");
  assert.equal(await page.getByRole("tab", { selected: true }).textContent(), "Fields");
  assert.deepEqual((await table.locator("thead th").allTextContents()).slice(1, 5), SHOWN);
  assert.ok(await table.locator("tr[data-row='8']").isVisible());
  const matches = async () => {
    const { readings } = await fieldsOf(daemon, id, "hwinfo");
    const rows = await rowsOf(table);
    return Object.keys(rows).length === readings.length && readings.every((reading, i) =>
      SHOWN.every((key, j) => rows[i][j] === String(reading[key])));
  };
  await until(matches, "the table has what the daemon reads");
  await peer.command("tick", "a", 2);
  await until(matches, "the table follows the program");
  await takePictures(page, "fields-hwinfo");
  await expectAccessible(page, "fields of HWiNFO");
  await page.setViewportSize(NARROW_VIEW);
  const { x, width } = await valueOf(page, "readings[0].value").boundingBox();
  assert.ok(x + width <= NARROW_VIEW.width, "the value is beside its name, also in a narrow window");
  await page.setViewportSize(WIDE_VIEW);
  await peer.command("length", "a", 12);
  await peer.command("tick", "a", 3);
  await until(async () => (await table.locator("tr[data-row]").count()) === 12, "readings that are gone go");
  await page.locator("summary", { hasText: "signature" }).click();
  await expectValue(page, "signature", "1399412552");
});

test("of hundreds of readings those in view are drawn, and keys lead to all of them", async (t) => {
  const { daemon, peer, id, page, table } = await openHwinfo(t, 300);
  const drawn = () => table.locator("tr[data-row]").count();
  assert.equal(await table.getAttribute("aria-rowcount"), "301");
  assert.ok((await drawn()) < 120);
  await page.locator(".mem-values-list").evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await table.locator("tr[data-row='299']").waitFor();
  assert.ok((await drawn()) < 120);
  const { readings } = await fieldsOf(daemon, id, "hwinfo");
  const rows = await rowsOf(table);
  assert.equal(rows[299][0], readings[299].user_label);
  assert.equal(rows[0], undefined);
  const last = valueOf(page, "readings[299].value");
  await last.focus();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("ArrowUp");
  }
  const label = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  await until(async () => (await label())?.startsWith("readings[239].value: "), "sixty rows up");
  await page.locator(".mem-values-list").evaluate((list) => list.scrollTo(0, 0));
  await table.locator("tr[data-row='0']").waitFor();
  assert.ok((await label()).startsWith("readings[239].value: "), "the focus is lost by scrolling");
  await peer.command("tick", "a", 5);
  await until(async () => {
    const now = await fieldsOf(daemon, id, "hwinfo");
    return (await rowsOf(table))[0][1] === String(now.readings[0].value);
  }, "what is in view is live");
});

/** The paths that the page watches of each time, null for all fields; the last one last. */
function selectionsOf(t, page) {
  const selections = [];
  const look = (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/events")) {
      selections.push(...request.postDataJSON().watch.map(({ select }) => select ?? null));
    }
  };
  page.on("request", look);
  t.after(() => page.off("request", look));
  return selections;
}

test("only what is open and in view is watched, and what there is is known nevertheless", async (t) => {
  const { page: early } = await shared(t);
  const selections = selectionsOf(t, early);
  const { peer, page, table } = await openHwinfo(t, 300);
  const last = () => selections.at(-1);
  const has = (...paths) => paths.every((path) => last()?.includes(path));
  await until(() => has("readings[0]", "readings[20]"), "the rows in view are watched");
  assert.equal(selections[0], null); // all, to know which there are
  assert.ok(last().length <= 64 && last().every((path) => path.startsWith("readings[")), `${last()}`);
  assert.ok(!has("readings[200]"));
  await page.locator(".mem-values-list").evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await until(() => has("readings[299]") && !has("readings[0]"), "other rows are in view");
  await page.locator(".mem-values-list").evaluate((list) => list.scrollTo(0, 0));
  await until(() => has("readings[0]"), "the first rows are watched again");
  await page.locator("summary", { hasText: "signature" }).click();
  await until(() => has("signature", "readings[0]"), "what was opened is watched");
  await page.locator("summary", { hasText: "signature" }).click();
  await until(() => !has("signature"), "what was closed is not");
  await page.getByLabel("Filter the fields").fill("Core");
  await until(() => last() === null, "a filter looks at all");
  await page.getByLabel("Filter the fields").fill("");
  await until(() => has("readings[0]"), "the rows in view are watched after it");
  await peer.command("length", "a", 280);
  await peer.command("tick", "a", 2);
  await until(async () => (await table.getAttribute("aria-rowcount")) === "281", "rows out of view go");
  await peer.command("length", "a", 290);
  await peer.command("tick", "a", 3);
  await until(async () => (await table.getAttribute("aria-rowcount")) === "291", "and come");
});

test("a layout that is replaced under what is watched of it is shown anew", async (t) => {
  const rows = (name) => ({ name, type: "u8", count: 100 });
  const fields = [{ name: "a", type: "u32" }, { name: "b", type: "u32" }, rows("many"), rows("more")];
  const { page: early } = await shared(t);
  const selections = selectionsOf(t, early);
  const { daemon, section, page } = await openCar(t, { bytes: Buffer.from([1, 0, 0, 0, 2]), layout: { fields } });
  await expectValue(page, "a", "1");
  await until(() => selections.at(-1)?.join() === "a,b", "closed groups are not watched");
  fields[1].name = "c";
  await daemon.json("PUT", "/v1/layouts/car", { fields });
  await expectValue(page, "c", "2");
  await valueOf(page, "b").waitFor({ state: "detached" });
  await until(() => selections.at(-1)?.join() === "a,c", "and are not watched of the other one");
  await daemon.json("PUT", "/v1/layouts/car", { fields: [...fields, { name: "d", type: "u8", offset: 4 }] });
  await expectValue(page, "d", "2");
  await daemon.write(section.id, 4, Buffer.from([3]));
  await expectValue(page, "d", "3");
});

test("the tyres of Assetto Corsa stand side by side, each with its unit", async (t) => {
  const { daemon, page } = await shared(t);
  const peer = await Peer.start(t);
  const name = freshName();
  await peer.command("play", "a", "ac-physics", name, 2, 0);
  await peer.command("tick", "a", 1);
  const { id } = await daemon.json("POST", "/v1/sections/open", { name });
  await daemon.json("PATCH", `/v1/sections/${id}`, { layout: "assetto-corsa-physics" });
  await goTo(page, daemon, id);
  const row = page.getByRole("row").filter({ hasText: "wheel_pressure" });
  await row.waitFor();
  assert.equal(await row.getByRole("button").count(), 4);
  await row.getByRole("cell", { name: "psi" }).waitFor();
  const { wheel_pressure } = await fieldsOf(daemon, id, "assetto-corsa-physics");
  const shown = Number(await valueOf(page, "wheel_pressure[3]").textContent());
  assert.ok(Math.abs(shown / wheel_pressure[3] - 1) < 1e-5);
  await valueOf(page, "velocity[0]").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")),
    /^acceleration\[1\]: /);
  await takePictures(page, "fields-assetto-corsa");
  await expectAccessible(page, "fields of Assetto Corsa");
});

test("what fits by its size alone is offered, and taken when it is pressed", async (t) => {
  const { daemon, page } = await shared(t);
  const section = await daemon.create({ size: 4096 });
  await daemon.write(section.id, 0, Buffer.from("<temp/>"));
  await goTo(page, daemon, section.id);
  await until(async () => (await page.getByRole("tab", { selected: true }).textContent()) === "Hex",
    "the bytes come first");
  await page.getByRole("tab", { name: "Fields" }).click();
  await page.getByText("which says little by itself").waitFor();
  await takePictures(page, "fields-offered");
  await expectAccessible(page, "a layout that is offered");
  await page.getByRole("button", { name: "Use aida64" }).click();
  await expectValue(page, "xml", "<temp/>");
  assert.equal((await daemon.json("GET", `/v1/sections/${section.id}`)).layout, null);
  await page.getByRole("button", { name: "Keep for the section" }).click();
  await page.getByRole("button", { name: "Keep for the section" }).waitFor({ state: "detached" });
  assert.equal((await daemon.json("GET", `/v1/sections/${section.id}`)).layout, "aida64");
});

test("of the layouts that there are those that fit stand first, with the reason", async (t) => {
  const { daemon, page } = await shared(t);
  await daemon.json("PUT", "/v1/layouts/other", { ...CAR, size: 100000 });
  await daemon.json("PUT", "/v1/layouts/mine", { ...CAR, match: { names: ["fits-*"], fields: { gear: 3 } } });
  const name = `fits-${freshName()}`;
  const section = await daemon.create({ name, size: 8192 });
  await daemon.write(section.id, 0, carBytes());
  await goTo(page, daemon, section.id);
  await expectValue(page, "gear", "3");
  const choice = page.getByLabel("Layout");
  assert.equal(await choice.inputValue(), "mine");
  const groups = await choice.locator("optgroup").evaluateAll((all) =>
    all.map((group) => [group.label, [...group.children].map((option) => option.text)]));
  assert.deepEqual(groups[0], ["Fits", ["mine (by name, fields)"]]);
  assert.ok(groups[1][1].includes("other") && groups[1][1].includes("hwinfo"));
  await choice.selectOption("other");
  await page.getByRole("alert").filter({ hasText: "100000" }).waitFor();
  await choice.selectOption("mine");
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
  await daemon.write(section.id, 97, Buffer.from([7]));
  await expectValue(page, "__proto__", "7");
  await valueOf(page, "rpm").click();
  await panelOf(page).getByText(shown).waitFor();
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

test("a filter, a pin, and a chart of a field", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "points[1].y", "4");
  await page.getByLabel("Filter the fields").fill("ana");
  await until(async () => (await page.locator(".mem-value").count()) === 1, "only the driver is left");
  await page.getByLabel("Filter the fields").fill("no such thing");
  await page.getByText("No field has “no such thing”").waitFor();
  await page.getByLabel("Filter the fields").fill("");
  await valueOf(page, "rpm").click();
  await page.keyboard.press("Escape");
  const panel = panelOf(page);
  await panel.getByRole("button", { name: "Pin" }).click();
  await page.getByRole("table", { name: "Pinned fields" }).getByText("6500.5").waitFor();
  await panel.getByRole("button", { name: "Chart", exact: true }).click();
  await page.getByRole("tab", { name: "Chart" }).click();
  const series = page.getByRole("list", { name: "Series" }).getByRole("listitem");
  await series.filter({ hasText: "rpm" }).filter({ hasText: "6500.5 1/min" }).waitFor();
  await daemon.json("PATCH", `/v1/sections/${section.id}/fields`, { rpm: 7100 });
  await series.filter({ hasText: "7100 1/min" }).waitFor();
  await page.getByRole("tab", { name: "Fields" }).click();
  await page.getByRole("table", { name: "Pinned fields" }).getByText("7100").waitFor();
  await valueOf(page, "rpm").first().click();
  await page.keyboard.press("Escape");
  await panelOf(page).getByRole("button", { name: "In the chart" }).click();
  await panelOf(page).getByRole("button", { name: "Unpin" }).click();
  await page.getByRole("table", { name: "Pinned fields" }).waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "Chart" }).click();
  await series.first().waitFor({ state: "detached" });
});

test("numbers of every kind can be charted, and texts cannot", async (t) => {
  const layout = { fields: [
    { name: "big", type: "u64" }, { name: "state", type: "u32", enum: { 1: "driving" } },
    { name: "flags", type: "u32", bits: { pit: { shift: 0, width: 1 } } },
    { name: "text", type: "string", bytes: 8 }] };
  const bytes = Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0, 52, 50]);
  const { page } = await openCar(t, { bytes, layout });
  await expectValue(page, "big", "18446744073709551615");
  await expectValue(page, "state", "driving");
  await expectValue(page, "flags.pit", "true");
  await expectValue(page, "text", "42");
  const chart = panelOf(page).getByRole("button", { name: "Chart", exact: true });
  for (const [path, can] of [["big", 1], ["state", 0], ["flags.pit", 1], ["text", 0]]) {
    await valueOf(page, path).click();
    await panelOf(page).locator("h2").getByText(path, { exact: true }).waitFor();
    assert.equal(await chart.count(), can, path);
    await page.keyboard.press("Escape");
  }
});

test("a layout that is replaced while it is shown is shown anew, and one that is deleted says so", async (t) => {
  const { daemon, section, page } = await openCar(t);
  await expectValue(page, "gear", "3");
  const fields = CAR.fields.map((each) => (each.name === "gear" ? { ...each, name: "engaged", unit: "th" } : each));
  await daemon.json("PUT", "/v1/layouts/car", { ...CAR, fields });
  await expectValue(page, "engaged", "3");
  await valueOf(page, "gear").waitFor({ state: "detached" });
  await page.getByRole("row").filter({ hasText: "engaged" }).getByText("th", { exact: true }).waitFor();
  await daemon.json("PATCH", `/v1/sections/${section.id}`, { layout: null });
  await daemon.request("DELETE", "/v1/layouts/car");
  await page.getByRole("alert").filter({ hasText: "car" }).waitFor();
  await daemon.json("PUT", "/v1/layouts/car", CAR);
  await page.getByLabel("Layout").selectOption("none");
  await page.getByLabel("Layout").selectOption("car");
  await expectValue(page, "gear", "3");
});

test("a field that is no more in the section goes, and comes back with it", async (t) => {
  const layout = { fields: [{ name: "version", type: "u32" },
    { name: "extra", type: "u32", since: { field: "version", min: 2 } }] };
  const { daemon, section, page } = await openCar(t, { bytes: Buffer.from([2, 0, 0, 0, 9]), layout });
  await expectValue(page, "extra", "9");
  await daemon.write(section.id, 0, Buffer.from([1]));
  await valueOf(page, "extra").waitFor({ state: "detached" });
  await daemon.write(section.id, 0, Buffer.from([2]));
  await expectValue(page, "extra", "9");
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
  await page.getByRole("tab", { name: "Fields" }).click();
  await valueOf(page, "points[1].y").click();
  await panelOf(page).getByRole("button", { name: "Show in hex" }).click();
  await until(async () => (await selected(page)).join() === "84,4", "the field's bytes are selected");
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

test("a daemon that is started anew does not hold the section any more, and that is said", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await show(t, daemon, (await makeCar(daemon)).id);
  await expectValue(page, "gear", "3");
  await daemon.restart();
  const other = await page.context().newPage();
  await other.goto(await daemon.address);
  await page.getByText("earlier start of the daemon").waitFor();
});
