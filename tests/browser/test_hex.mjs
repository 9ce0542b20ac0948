// Looking at the bytes of a section: rows, scrolling, selecting, going, finding, copying.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import {
  clickByte, clipboard, expectRow, expectSelected, goToOffset, openMemory, placeOf, rowAt, selected,
} from "./lib/memory.mjs";

const TIB = 2 ** 40;
const LARGE = ["--max-section-bytes", String(2 * TIB), "--max-total-bytes", String(4 * TIB)];
const ZEROS = Array(16).fill("00").join(" ");
const COUNTING = Buffer.from(Array.from({ length: 4096 }, (_, i) => i & 255));

/** The offset of the first visible row. */
async function firstOffset(page) {
  const texts = await page.locator(".mem-scroller .mem-row:not([hidden]) .mem-row-offset")
    .allTextContents();
  return Math.min(...texts.map((text) => parseInt(text, 16)));
}

test("rows show the offset, the bytes and their text", async (t) => {
  const { page } = await openMemory(t, { bytes: Buffer.from("Hello, memory!\0\xff", "latin1") });
  await expectRow(page, 0, "48 65 6c 6c 6f 2c 20 6d 65 6d 6f 72 79 21 00 ff");
  assert.equal((await rowAt(page, 0)).text, "Hello, memory!··");
  await expectRow(page, 16, ZEROS);
});

test("a section that ends within a row shows just its bytes", async (t) => {
  const { page, section } = await openMemory(t, { size: 21 });
  if (section.size === 21) {
    await expectRow(page, 16, "00 00 00 00 00");
  }
});

test("1 TiB scrolls to its end and back, byte by byte there", async (t) => {
  const { page, daemon, section } = await openMemory(t, {
    size: TIB, reserve: true, daemonOptions: LARGE,
  });
  await daemon.write(section.id, TIB - 4, Buffer.from("last"));
  await daemon.write(section.id, TIB - 4096, Buffer.from("page"));
  await page.locator(".mem-scroller").focus();
  await page.keyboard.press("Control+End");
  await expectRow(page, TIB - 16, "00 00 00 00 00 00 00 00 00 00 00 00 6c 61 73 74");
  await expectSelected(page, [TIB - 1, 1]);

  // The wheel goes on from there pixel by pixel, as it does in a short page.
  const { x, y } = await placeOf(page, TIB - 16);
  await page.mouse.move(x, y);
  let first = await firstOffset(page);
  while (!(await rowAt(page, TIB - 4096))) {
    await page.mouse.wheel(0, -200);
    await until(async () => (await firstOffset(page)) < first, "it scrolls up");
    const next = await firstOffset(page);
    assert.ok(first - next <= 10 * 16, `${first - next} bytes at a step of 200 pixels`);
    first = next;
  }
  await expectRow(page, TIB - 4096, "70 61 67 65" + ZEROS.slice(11));
  await page.mouse.wheel(0, 100_000);
  await until(() => rowAt(page, TIB - 16), "the end again");
  await page.keyboard.press("Control+Home");
  await expectRow(page, 0, ZEROS);
});

test("the strip beside the grid leads anywhere in 1 TiB", async (t) => {
  const { page } = await openMemory(t, { size: TIB, reserve: true, daemonOptions: LARGE });
  const strip = page.getByRole("scrollbar", { name: /place in the section/i });
  const box = await strip.boundingBox();
  await page.mouse.move(box.x + 15, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + 15, box.y + box.height / 2, { steps: 5 });
  await until(async () => Math.abs((await strip.getAttribute("aria-valuenow")) - 50) <= 2, "middle");
  await page.mouse.move(box.x + 15, box.y + box.height + 50, { steps: 5 });
  await page.mouse.up();
  await expectRow(page, TIB - 16, ZEROS);
  await until(async () => (await strip.getAttribute("aria-valuenow")) === "100", "the end");
});

test("the grid stays where it was while another tab is shown, and a reload keeps the tab", async (t) => {
  const { page } = await openMemory(t, { bytes: COUNTING });
  await goToOffset(page, "0x804");
  await page.getByLabel("Columns").selectOption("8");
  await expectRow(page, 0x7f8, "f8 f9 fa fb fc fd fe ff");
  const first = await firstOffset(page);
  assert.ok(first > 0x600);
  await page.getByRole("tab", { name: "Text" }).click();
  await page.getByText("From 0x804 up to the first NUL").waitFor();
  await page.getByRole("tab", { name: "Hex" }).click();
  await expectRow(page, 0x7f8, "f8 f9 fa fb fc fd fe ff");
  assert.equal(await firstOffset(page), first);
  await page.getByRole("tab", { name: "Picture" }).click();
  await page.waitForURL(/\/picture$/);
  await page.reload();
  await page.getByRole("tab", { name: "Picture", selected: true }).waitFor();
});

test("a window that changes its size never shows an empty grid", async (t) => {
  const { page } = await openMemory(t, { bytes: Buffer.from("always there") });
  await expectRow(page, 0, "61 6c 77 61 79 73 20 74 68 65 72 65 00 00 00 00");
  // Observers are told in the order of their making, so this one sees what will be painted.
  await page.evaluate(() => {
    globalThis.firstRows = [];
    new ResizeObserver(() => {
      const row = document.querySelector(".mem-scroller .mem-row:not([hidden])");
      globalThis.firstRows.push(row.textContent);
    }).observe(document.querySelector(".mem-scroller"));
  });
  for (const height of [500, 900, 650]) {
    const seen = await page.evaluate(() => globalThis.firstRows.length);
    await page.setViewportSize({ width: 1280, height });
    await until(() => page.evaluate((before) => globalThis.firstRows.length > before, seen),
      `the grid takes its share of ${height} pixels`);
  }
  for (const row of await page.evaluate(() => globalThis.firstRows)) {
    assert.match(row, /always there/);
  }
});

test("an offset is gone to as it is written, and a wrong one is refused in words", async (t) => {
  const { page } = await openMemory(t, { bytes: COUNTING });
  for (const [text, offset] of [["0x345", 0x345], ["+16", 0x355], ["end", 4095], ["50%", 2048]]) {
    await goToOffset(page, text);
    await expectSelected(page, [offset, 1]);
    await until(() => rowAt(page, offset - (offset % 16)), `${text} is visible`);
  }
  await goToOffset(page, "0x1000");
  await page.getByText("No such offset: the last is 0xfff.").waitFor();
  assert.deepEqual(await selected(page), [2048, 1]);
});

test("keys move and select", async (t) => {
  const { page } = await openMemory(t, { bytes: COUNTING });
  await clickByte(page, 0x20);
  const press = async (keys, offset, count = 1) => {
    for (const key of keys.split(" ")) {
      await page.keyboard.press(key);
    }
    await expectSelected(page, [offset, count], keys);
  };
  await press("ArrowRight ArrowRight ArrowDown", 0x32);
  await press("Home", 0x30);
  await press("End", 0x3f);
  await press("Shift+ArrowDown", 0x3f, 17);
  await press("Shift+ArrowUp Shift+ArrowLeft", 0x3e, 2);
  await press("ArrowLeft", 0x3d);
  await press("Control+End", 4095);
  await press("Shift+Control+Home", 0, 4096);
  await press("Escape", 0);
  await press("PageDown PageUp", 0);
  await press("Control+a", 0, 4096);
});

test("the mouse selects by dragging, on either side, and with Shift", async (t) => {
  const { page } = await openMemory(t, { bytes: COUNTING });
  const from = await placeOf(page, 0x12, "text");
  const to = await placeOf(page, 0x35, "text");
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
  await expectSelected(page, [0x12, 0x24]);
  await clickByte(page, 0x40);
  await page.keyboard.down("Shift");
  await clickByte(page, 0x4f);
  await page.keyboard.up("Shift");
  await expectSelected(page, [0x40, 16]);
});

test("dragging below the grid scrolls on and selects", async (t) => {
  const { page } = await openMemory(t, { bytes: COUNTING });
  const from = await placeOf(page, 0);
  const grid = await page.locator(".mem-scroller").boundingBox();
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x, grid.y + grid.height + 60, { steps: 3 });
  await until(async () => (await selected(page))[1] > 1500, "more than was visible is selected");
  await page.mouse.up();
});

test("bytes, text and values are found, the next and the one before", async (t) => {
  const bytes = Buffer.alloc(300_000);
  bytes.write("deadbeef", 70_000, "hex");
  bytes.write("deadbe00", 200_000, "hex");
  bytes.write("我将无我", 100_001, "utf16le");
  bytes.writeDoubleBE(21.5, 250_000);
  const { page } = await openMemory(t, { size: 300_000, bytes });
  await page.locator(".mem-scroller").focus();
  await page.keyboard.press("Control+f");
  const found = async (offset, length) => {
    await page.getByText(`Found at 0x${offset.toString(16)}.`).waitFor();
    await expectSelected(page, [offset, length]);
    await until(() => rowAt(page, offset - (offset % 16)), "the match is visible");
  };
  const field = page.getByLabel("Find", { exact: true });
  await page.keyboard.type("de ad ?? ??");
  await field.press("Enter");
  await found(70_000, 4);
  await field.press("Enter");
  await found(200_000, 4);
  await field.press("Enter");
  await found(70_000, 4);
  await field.press("Shift+Enter");
  await found(200_000, 4);

  await page.getByLabel("What to find").selectOption("text");
  await page.getByLabel("Encoding").selectOption("utf-16le");
  await field.fill("将无我");
  await field.press("Enter");
  await found(100_003, 6);

  await page.getByLabel("What to find").selectOption("value");
  await page.getByLabel("Type").selectOption("f64");
  await page.getByLabel("Byte order").selectOption("big");
  await field.fill("21.5");
  await page.getByRole("button", { name: "Previous" }).click();
  await found(250_000, 8);
});

test("what is not found, or cannot be looked for, is said", async (t) => {
  const { page } = await openMemory(t, { bytes: COUNTING });
  await page.getByRole("button", { name: "Find" }).click();
  const field = page.getByLabel("Find", { exact: true });
  await field.fill("ff fe");
  await field.press("Enter");
  await page.getByText("Not found anywhere in the section.").waitFor();
  await field.fill("xyz");
  await field.press("Enter");
  await page.getByText("write bytes as pairs of hex digits").waitFor();
  await field.press("Escape");
  await field.waitFor({ state: "detached" });
});

test("a search through 1 TiB shows how far it is, and can be stopped", async (t) => {
  const { page } = await openMemory(t, { size: TIB, reserve: true, daemonOptions: LARGE });
  await page.getByRole("button", { name: "Find" }).click();
  const field = page.getByLabel("Find", { exact: true });
  await field.fill("01");
  await field.press("Enter");
  const progress = page.getByRole("progressbar", { name: "Searched" });
  await until(async () => Number(await progress.getAttribute("value")) > 0, "some is searched");
  await page.getByRole("button", { name: "Stop" }).click();
  await progress.waitFor({ state: "detached" });
});

test("the selection is copied as hex, C, base64, text and a curl line", async (t) => {
  const { page, section } = await openMemory(t, { bytes: Buffer.from("Hi!\0"), label: "x" });
  await clickByte(page, 0);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press("Shift+ArrowRight");
  }
  const copied = async (name) => {
    await page.getByRole("group", { name: "Copy the selection as" })
      .getByRole("button", { name, exact: true }).click();
    await page.getByText(`Copied 4 bytes as ${name}.`).first().waitFor();
    return clipboard(page);
  };
  assert.equal(await copied("Hex"), "48 69 21 00");
  assert.match(await copied("C array"), /section_1\[4\] = \{\s+0x48, 0x69, 0x21, 0x00,\s+\};/);
  assert.equal(await copied("Base64"), "SGkhAA==");
  assert.equal(await copied("Text"), "Hi!\0");
  assert.match(await copied("curl"), new RegExp(
    `/v1/sections/${section.id}/data\\?offset=0&length=4&format=hex'$`));
  await page.locator(".mem-scroller").focus();
  await page.keyboard.press("Control+c");
  await until(async () => (await clipboard(page)) === "48 69 21 00", "copied by key");
});
