// The fields of a section by a layout: a small one, and the page that shows its values.
import assert from "node:assert/strict";
import { until } from "./build.mjs";
import { Daemon } from "./daemon.mjs";
import { openPage, wholeFile } from "./page.mjs";

export const HOSTILE = "<img src=x onerror=alert(1)>\u202egnp";

/** A layout of a number that says what it is, a text, and three points. */
export const CAR = {
  title: HOSTILE, consistency: { by: "seqlock", field: "sequence", timeout_ms: 50 },
  types: { point: { size: 8, fields: [{ name: "x", type: "f32" }, { name: "y", type: "f32" }] } },
  fields: [
    { name: "sequence", type: "u32" }, { name: "rpm", type: "f32", unit: "1/min", note: HOSTILE },
    { name: "gear", type: "i32", unit: HOSTILE }, { name: "driver", type: "string", bytes: 60, offset: 12 },
    { name: "points", type: "point", count: 3, offset: 72 },
  ],
};

export function carBytes({ sequence = 2, rpm = 6500.5, gear = 3, driver = "Ana" } = {}) {
  const bytes = Buffer.alloc(96);
  bytes.writeUInt32LE(sequence, 0);
  bytes.writeFloatLE(rpm, 4);
  bytes.writeInt32LE(gear, 8);
  bytes.write(driver, 12, 59, "utf8");
  [1, 2, 3, 4, 5, 6].forEach((value, i) => bytes.writeFloatLE(value, 72 + 4 * i));
  return bytes;
}

let started = null;
async function startBoth() {
  const daemon = await Daemon.start(wholeFile);
  return { daemon, page: await openPage(wholeFile, daemon.address) };
}

/**
 * The daemon and the page of all tests of a file, as starting both takes longer than most tests. After
 * each test the daemon holds no section, and no layout but those that are built in.
 */
export async function shared(t) {
  const { daemon, page } = await (started ??= startBoth());
  t.after(async () => {
    await page.unrouteAll();
    await page.goto(`${daemon.url}/#/sections`);
    for (const { id } of await daemon.sections()) {
      await daemon.json("DELETE", `/v1/sections/${id}`);
    }
    const { layouts } = await daemon.json("GET", "/v1/layouts?limit=1000");
    for (const { name } of layouts.filter((each) => !each.built_in)) {
      await daemon.request("DELETE", `/v1/layouts/${name}`);
    }
    assert.deepEqual(page.faults.splice(0), [], "what the page should not have done");
  });
  return { daemon, page };
}

/** Shows a section in a page that is open. */
export async function goTo(page, daemon, id) {
  await page.goto(await daemon.addressOf(id));
  await page.getByRole("tab", { selected: true }).waitFor();
}

/** Shows a section in a page of its own. */
export async function show(t, daemon, id) {
  const page = await openPage(t, daemon.address);
  await page.getByRole("link", { name: "Sections" }).first().waitFor();
  await goTo(page, daemon, id);
  return page;
}

/** A section that has the layout; `others` are further ones, by their names. */
export async function makeCar(daemon, { bytes = carBytes(), layout = CAR, others = {} } = {}) {
  const section = await daemon.create({ size: 4096 });
  await daemon.write(section.id, 0, bytes);
  for (const [name, each] of Object.entries({ ...others, car: layout })) {
    await daemon.json("PUT", `/v1/layouts/${name}`, each);
  }
  await daemon.json("PATCH", `/v1/sections/${section.id}`, { layout: "car" });
  return section;
}

/** A section that has the layout, and the page that shows its fields. */
export async function openCar(t, car) {
  const { daemon, page } = await shared(t);
  const section = await makeCar(daemon, car);
  await goTo(page, daemon, section.id);
  return { daemon, section, page };
}

export const valueOf = (page, path) =>
  page.getByRole("button", { name: new RegExp(`^${path.replace(/[[\].]/g, "\\$&")}: `) });

export const expectValue = (page, path, text) => until(
  async () => (await valueOf(page, path).first().textContent()) === text, `${path} shows ${text}`);

export const fieldsOf = async (daemon, id, layout) =>
  (await daemon.json("GET", `/v1/sections/${id}/fields?layout=${layout}`)).fields;

export async function edit(page, path, text) {
  await valueOf(page, path).click();
  const input = page.getByLabel(`New value of ${path}`);
  await input.fill(text);
  return input;
}

/** The panel of the field that was pressed. */
export const panelOf = (page) => page.getByRole("complementary", { name: "Field" });

/** Types a value where it stands, and Enter. */
export async function enter(page, path, text) {
  await (await edit(page, path, text)).press("Enter");
}
