// A structure that is pasted is applied at once, with its errors at their lines.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { carBytes, expectValue, goTo, shared } from "./lib/fields.mjs";
import { expectAccessible, takePictures } from "./lib/page.mjs";

const RIGHT = "struct telemetry {\n    float rpm;\n    int gear;\n    char driver[60];\n};";

/** The form over a section of which no layout is known. */
async function openForm(t, bytes = carBytes().subarray(4)) {
  const { daemon, page } = await shared(t);
  const section = await daemon.create({ size: 8192 });
  await daemon.write(section.id, 0, bytes);
  await goTo(page, daemon, section.id);
  await page.getByRole("tab", { name: "Fields" }).click();
  await page.getByText("No known layout fits").waitFor();
  await page.getByRole("button", { name: "Describe" }).click();
  const form = page.getByRole("form", { name: "Describe the section" });
  return {
    daemon, section, page, form, area: form.getByLabel("A structure of C, or a layout in JSON"),
    preview: form.getByRole("table", { name: "Fields as they would be" }),
    keep: form.getByRole("button", { name: "Keep and use" }),
  };
}

/** What the preview says of each field: its type, offset and value. */
const rowsOf = (preview) => preview.locator("tbody tr").evaluateAll((all) => Object.fromEntries(
  all.map((row) => [row.cells[0].textContent, [...row.cells].slice(1).map((cell) => cell.textContent.trim())])));

test("a pasted structure of C shows its errors at their lines, and is applied once it is right", async (t) => {
  const { daemon, section, page, form, area, preview, keep } = await openForm(t);
  await area.fill("struct telemetry {\n    float rpm;\n    gears gear;\n};");
  const wrong = form.getByRole("button", { name: "3:5" });
  await wrong.waitFor();
  await form.getByText("gears is not a type").waitFor();
  assert.deepEqual(await form.locator(".mem-line-wrong").allTextContents(), ["3"]);
  await wrong.click();
  assert.equal(await area.evaluate((field) => field.selectionStart), 38);
  assert.ok(await keep.isDisabled());
  await takePictures(page, "fields-describe-error");
  await expectAccessible(page, "an error in a description");
  await page.evaluate((text) => navigator.clipboard.writeText(text), RIGHT);
  await area.fill("");
  await area.press("Control+v");
  await preview.getByText("6500.5").waitFor();
  assert.deepEqual(await rowsOf(preview), {
    rpm: ["f32", "0x0", "6500.5"], gear: ["i32", "0x4", "3"], driver: ["string", "0x8", "Ana"] });
  await daemon.write(section.id, 4, Buffer.from([4]));
  await until(async () => (await rowsOf(preview)).gear[2] === "4", "the preview is live");
  assert.equal((await daemon.json("GET", "/v1/layouts?limit=1000")).layouts
    .filter(({ name }) => name === "telemetry").length, 0);
  await takePictures(page, "fields-describe");
  await expectAccessible(page, "a description");
  assert.equal(await form.getByLabel("Name").inputValue(), "telemetry");
  await keep.click();
  await expectValue(page, "rpm", "6500.5");
  await expectValue(page, "gear", "4");
  await expectValue(page, "driver", "Ana");
  assert.equal((await daemon.json("GET", `/v1/sections/${section.id}`)).layout, "telemetry");
  assert.equal(await page.getByRole("button", { name: "Keep for the section" }).count(), 0);
});

test("of several structures one is chosen, and the ABI places its members", async (t) => {
  const { daemon, section, page, form, area, preview, keep } = await openForm(t);
  await area.fill("typedef struct { float x, y; } vec;\n" +
    "struct car { char gear; long lap; wchar_t name[4]; vec at[2]; unsigned pit : 1, drs : 3; };\n" +
    "struct last { short s; };");
  await until(async () => Object.keys(await rowsOf(preview)).join() === "s", "the last one is taken");
  const choice = form.getByRole("combobox", { name: "Structure" });
  assert.deepEqual(await choice.locator("option").allTextContents(), ["vec", "car", "last"]);
  await choice.selectOption("car");
  const place = async (path) => (await rowsOf(preview).catch(() => ({})))[path]?.slice(0, 2).join(" ");
  await form.getByLabel("ABI").selectOption("win64");
  await until(async () => (await place("lap")) === "i32 0x4" && (await place("at[1].y")) === "f32 0x1c",
    "long has four bytes there");
  await form.getByLabel("ABI").selectOption("sysv64");
  await until(async () => (await place("lap")) === "i64 0x8" && (await place("at[1].y")) === "f32 0x2c",
    "long has eight bytes there");
  assert.ok(["pit", "drs"].every(async (name) => (await place(name)) !== undefined));
  assert.equal(await form.getByLabel("Name").inputValue(), "car");
  await keep.click();
  await expectValue(page, "lap", String((await daemon.read(section.id, 8, 8)).readBigInt64LE(0)));
});

test("what was left out, passed over or decided is told beside the preview, and leads to its place", async (t) => {
  const { form, area, preview } = await openForm(t);
  const notes = form.getByRole("note", { name: "What was left out, passed over or decided" });
  await area.fill("#pragma warning(disable: 4200)\nstruct telemetry {\n    float rpm;\n    void *next;\n" +
    "    int laps[];\n};");
  await preview.getByText("6500.5").waitFor();
  assert.deepEqual(await notes.getByRole("button").allTextContents(), ["1:9", "4:11", "5:9"]);
  await notes.getByText("laps is left out").waitFor();
  await notes.getByRole("button", { name: "5:9" }).click();
  assert.equal(await area.evaluate((field) => field.value.slice(field.selectionStart, field.selectionStart + 4)), "laps");
  assert.equal(await form.locator(".mem-line-wrong").count(), 0);
  await area.fill(RIGHT);
  await until(async () => (await notes.count()) === 0, "there is nothing to say of that");
  await area.fill('{"fields": [{"name": "rpm", "type": "f32"}], "notes": [{"detail": "of another text", "line": 9}]}');
  await until(async () => Object.keys(await rowsOf(preview)).join() === "rpm", "the JSON is read");
  assert.equal(await notes.count(), 0);
});

test("a name that is another layout's is not taken from it without a word", async (t) => {
  const { daemon, page, form, area, keep } = await openForm(t);
  await daemon.json("PUT", "/v1/layouts/telemetry", { fields: [{ name: "old", type: "u8" }] });
  await area.fill(RIGHT);
  await keep.click();
  await form.getByRole("alert").filter({ hasText: "There is a layout called telemetry already" }).waitFor();
  await expectAccessible(page, "a name that is taken");
  assert.equal((await daemon.json("GET", "/v1/layouts/telemetry")).fields[0].name, "old");
  await form.getByLabel("Name").fill("hwinfo");
  await keep.click();
  await form.getByRole("alert").waitFor();
  await form.getByLabel("Name").fill("Not A Name");
  await keep.click();
  await form.getByRole("alert").waitFor();
  await form.getByLabel("Name").fill("telemetry");
  await keep.click();
  await form.getByRole("button", { name: "Replace and use" }).click();
  await expectValue(page, "rpm", "6500.5");
  assert.equal((await daemon.json("GET", "/v1/layouts/telemetry")).fields[0].name, "rpm");
});

test("a layout in JSON is taken too, and its errors lead to the member", async (t) => {
  const { page, form, area, preview, keep } = await openForm(t);
  await area.fill('{"fields": [{"name": "rpm", "type": "float"}]}');
  const wrong = form.getByRole("button", { name: "#/fields/0/type" });
  await wrong.click();
  assert.equal(await area.evaluate((field) => field.value.slice(field.selectionStart, field.selectionStart + 6)),
    '"type"');
  assert.equal(await form.getByLabel("ABI").count(), 0);
  await area.fill('{"fields": [{"name": "rpm", "type": "f32", "unit": "1/min"}]}');
  await preview.getByText("6500.5").waitFor();
  await form.getByLabel("Name").fill("json-car");
  await keep.click();
  await expectValue(page, "rpm", "6500.5");
});

test("hostile declarations and what they are told are text, and what is no layout at all harms nothing", async (t) => {
  const { page, form, area, keep } = await openForm(t);
  for (const text of ["<img src=x onerror=alert(1)>", "{", "[]", "{}", "struct", "}}}};", "#include <x>",
    "struct s { int a[99999999999]; };", `struct s { ${"int *".repeat(500)}x; };`, "\u202estruct \u0000 {",
    '{"fields":[{"name":"<b>x</b>","type":"<i>y</i>"}]}']) {
    await area.fill(text);
    const told = form.locator(".mem-describe-result [role=alert], .mem-describe-errors p");
    await until(async () => (await told.count()) > 0 || (await keep.isEnabled()), `an answer to ${text}`);
    assert.equal(await page.locator("img, .mem-describe-errors b, .mem-describe-errors i").count(), 0);
  }
  await area.fill("");
  const errors = form.locator(".mem-describe-errors p");
  await until(async () => (await errors.count()) === 0, "nothing is wrong with nothing");
  assert.ok(await keep.isDisabled());
  await area.press("Escape");
  await form.waitFor({ state: "detached" });
});
