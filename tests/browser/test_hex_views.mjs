// The other ways to look at a section: text in each encoding, values over time, a picture.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { until } from "./lib/build.mjs";
import {
  clickByte, expectRow, findPoints, goToOffset, openMemory, openShared, pointsOf,
} from "./lib/memory.mjs";
import { expectAccessible, takePictures } from "./lib/page.mjs";

const showTab = (page, name) => page.getByRole("tab", { name }).click();
const encodingRow = (page, name) => page.locator(".mem-encoding").filter({
  has: page.getByText(name, { exact: true }),
});

test("text is shown in each encoding, and those it cannot be say so", async (t) => {
  const { page, daemon, section } = await openMemory(t);
  await daemon.write(section.id, 0x100, Buffer.from("我将无我\0", "utf16le"));
  await goToOffset(page, "0x100");
  await showTab(page, "Text");
  await encodingRow(page, "utf-16le").getByText("我将无我").waitFor();
  await encodingRow(page, "utf-8").getByText("is not utf-8").waitFor();
});

test("text written in an encoding is in memory, with its NUL, and can be undone", async (t) => {
  const { page, peer } = await openShared(t, { bytes: Buffer.alloc(64, 0xff) });
  await showTab(page, "Text");
  await page.getByRole("button", { name: "Write utf-16le" }).click();
  await page.getByLabel("Text to write as utf-16le").fill("Grüße");
  await page.getByRole("button", { name: "Write as utf-16le" }).click();
  await encodingRow(page, "utf-16le").getByText("Grüße").waitFor();
  assert.deepEqual(await peer.read("a", 14), Buffer.from("Grüße\0\uffff", "utf16le"));
  await showTab(page, "Hex");
  await page.getByRole("button", { name: "Undo" }).click();
  await expectRow(page, 0, Array(16).fill("ff").join(" "));
});

test("text that the encoding lacks is refused by its character", async (t) => {
  const { page, daemon, section } = await openMemory(t);
  await showTab(page, "Text");
  await page.getByRole("button", { name: "Write latin1" }).click();
  await page.getByLabel("Text to write as latin1").fill("a€");
  await page.keyboard.press("Control+Enter");
  await page.getByText("latin1 has no “€”").waitFor();
  assert.equal((await daemon.read(section.id, 0, 1))[0], 0);
});

test("text follows what the native process writes", async (t) => {
  const { page, peer } = await openShared(t);
  await showTab(page, "Text");
  await encodingRow(page, "utf-8").getByText("(empty)").waitFor();
  await peer.write("a", Buffer.from("news\0"));
  await encodingRow(page, "utf-8").getByText("news").waitFor();
});

async function addRows(page, { type, offset, rows, stride }) {
  await page.getByLabel("Type").selectOption(type);
  await page.getByLabel("Offset").fill(offset);
  await page.getByLabel("Rows").fill(String(rows));
  await page.getByLabel("Stride in bytes").fill(stride ? String(stride) : "");
  await page.getByRole("button", { name: "Add to chart" }).click();
}

/** How many samples the chart says it has. */
const samples = async (page) =>
  parseInt((await page.getByText(/ samples$/).textContent()).replaceAll(",", ""), 10);

async function store(peer, offset, ...values) {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  await peer.write("a", bytes, offset);
}

test("the native process's stores are charted live, and saved as CSV", async (t) => {
  const { page, peer } = await openShared(t);
  await goToOffset(page, "0x40");
  await showTab(page, "Chart");
  await addRows(page, { type: "f64", offset: "0x40", rows: 2 });
  const values = page.getByRole("list", { name: "Series" }).locator("output");
  await until(async () => (await values.first().textContent()) === "0", "the first value");
  for (const value of [1.5, -2.25, 1e6]) {
    await store(peer, 0x40, value, value * 2);
    await until(async () => (await values.first().textContent()) === String(value), `${value}`);
    await until(async () => (await values.nth(1).textContent()) === String(value * 2), "the next");
  }
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save CSV" }).click();
  const csv = await readFile(await (await saving).path(), "utf8");
  const lines = csv.trimEnd().split("\r\n");
  assert.equal(lines[0], "time,f64 0x40,f64 0x48");
  const rows = lines.slice(1).map((line) => line.split(",").slice(1).join());
  for (const row of ["1.5,3", "-2.25,-4.5", "1000000,2000000"]) {
    assert.ok(rows.includes(row), `${row} in ${rows.join(" ")}`);
  }
});

/** How much of the chart is inked in colours, not in greys. */
async function chartInk(page) {
  const coloured = (red, _green, blue, alpha) => alpha > 128 && Math.abs(red - blue) > 60;
  return (await findPoints(page, ".mem-plot canvas", coloured)).length;
}

test("a chart is paused, resumed, zoomed, and sixteen series are the most", async (t) => {
  const { page, peer } = await openShared(t);
  await showTab(page, "Chart");
  await addRows(page, { type: "u32", offset: "0", rows: 14, stride: 8 });
  const list = page.getByRole("list", { name: "Series" });
  const series = (count) => until(
    async () => (await list.getByRole("listitem").count()) === count, `${count} series`);
  await series(14);
  await addRows(page, { type: "u8", offset: "0x100", rows: 3 });
  await page.getByText("At most 16 series").waitFor();
  await addRows(page, { type: "u8", offset: "0x100", rows: 2 });
  await series(16);
  await page.getByRole("button", { name: "Remove u8 0x101" }).click();
  await series(15);

  await peer.write("a", [7], 0);
  await until(async () => (await list.locator("output").first().textContent()) === "7", "7 is shown");
  await until(() => chartInk(page), "lines are drawn");
  await page.getByRole("button", { name: "Pause" }).click();
  const paused = await samples(page);
  await peer.write("a", [8], 0);
  // What comes while it stands still is kept for later.
  await until(async () => (await samples(page)) > paused, "samples go on");
  await page.getByRole("button", { name: "Resume" }).click();
  const box = await page.locator(".mem-plot .u-over").boundingBox();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.95, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await page.getByLabel("Time shown").selectOption("10");
  await page.getByRole("button", { name: "Pause" }).waitFor();
});

test("series go on while another tab is shown", async (t) => {
  const { page, peer } = await openShared(t);
  await showTab(page, "Chart");
  await addRows(page, { type: "u8", offset: "0", rows: 1 });
  await until(async () => (await samples(page)) > 0, "the first sample");
  const before = await samples(page);
  await showTab(page, "Hex");
  await peer.write("a", [1], 0);
  await expectRow(page, 0, `01${" 00".repeat(15)}`);
  await showTab(page, "Chart");
  await until(async () => (await samples(page)) > before, "a sample came meanwhile");
});

async function choosePicture(page, { format, offset = "0", width, height, stride = "" }) {
  await page.getByLabel("Pixel format").selectOption(format);
  await page.getByLabel("Offset").fill(offset);
  await page.getByLabel("Width").fill(String(width));
  await page.getByLabel("Height").fill(String(height));
  await page.getByLabel("Stride in bytes").fill(String(stride));
}

test("a picture is drawn as its format and stride say, and live", async (t) => {
  const bytes = Buffer.alloc(4096);
  // Two rows of two pixels at 0x100, 8 bytes a row: blue, green; red, white.
  bytes.write("ff0000 00ff00 aaaa".replaceAll(" ", ""), 0x100, "hex");
  bytes.write("0000ff ffffff".replaceAll(" ", ""), 0x108, "hex");
  const { page, peer } = await openShared(t, { bytes });
  await showTab(page, "Picture");
  await choosePicture(page, { format: "bgr24", offset: "0x100", width: 2, height: 2, stride: 8 });
  const pixels = async () => {
    const points = await pointsOf(page, ".mem-canvas");
    return points.filter((_, i) => i % 4 !== 3).join(" ");
  };
  await until(async () => (await pixels()) === "0 0 255 0 255 0 255 0 0 255 255 255", "the picture");
  await peer.write("a", [1, 2, 3], 0x10b);
  await until(async () => (await pixels()) === "0 0 255 0 255 0 255 0 0 3 2 1", "the change");
  await page.getByRole("img", { name: "2 by 2 pixels of bgr24" }).hover({ position: { x: 3, y: 3 } });
  await page.getByText("x 0, y 0, offset 0x100: red 0, green 0, blue 255").waitFor();
});

test("a picture that does not fit says how much there is room for", async (t) => {
  const { page } = await openMemory(t);
  await showTab(page, "Picture");
  await choosePicture(page, { format: "rgba", width: 64, height: 48 });
  await page.getByText("takes 12,288 bytes and there are 4,096 from there on: room for 16 rows")
    .waitFor();
  await choosePicture(page, { format: "rgba", width: 64, height: 16, stride: 255 });
  await page.getByText("takes 256 bytes: the stride is that or more").waitFor();
  await choosePicture(page, { format: "rgba", width: 0, height: 16 });
  await page.getByText("from 1 to 16384").waitFor();
});

test("a frame larger than one watched range is drawn whole", async (t) => {
  const [width, height] = [1024, 700];
  const { page, peer } = await openShared(t, { size: width * height * 4 });
  await showTab(page, "Picture");
  await choosePicture(page, { format: "gray8", width, height: height * 4 });
  const lit = () => findPoints(page, ".mem-canvas", (red) => red > 0);
  await until(async () => (await lit()).length === 0, "black");
  await peer.write("a", [255], width * height * 4 - 1);
  await until(async () => (await lit()).join() === String(width * height * 4 - 1), "its last pixel");
});

test("more ranges than one stream carries are all live", async (t) => {
  const mib = 1024 * 1024;
  const { page, peer } = await openShared(t, { size: 40 * mib });
  await showTab(page, "Chart");
  await addRows(page, { type: "u8", offset: "0", rows: 16, stride: 4096 });
  await showTab(page, "Picture");
  await choosePicture(page, { format: "gray8", width: 1, height: 32, stride: mib });
  const lit = () => findPoints(page, ".mem-canvas", (red) => red > 0);
  // The first and the last range: each stream carries one of them.
  for (const row of [0, 31]) {
    await peer.write("a", [255], row * mib);
    await until(async () => (await lit()).includes(row), `row ${row} is lit`);
  }
  await showTab(page, "Chart");
  const first = page.getByRole("list", { name: "Series" }).locator("output").first();
  await until(async () => (await first.textContent()) === "255", "the chart is live");
});

/** A section that has something for each view. */
function scenery() {
  const bytes = Buffer.alloc(65536);
  bytes.write("RTSS", 0);
  bytes.writeUInt32LE(0x0002_0014, 4);
  bytes.write("GPU temperature\0", 0x40);
  bytes.writeFloatLE(61.5, 0x60);
  bytes.write("我将无我,不负人民\0", 0x80, "utf16le");
  for (let i = 0; i < 24; i++) {
    bytes.writeDoubleLE(Math.sin(i / 4) * 40, 0xc0 + 8 * i);
  }
  for (let y = 0; y < 120; y++) {
    for (let x = 0; x < 160; x++) {
      const light = 128 + 100 * Math.sin(x / 13) * Math.cos(y / 17);
      bytes.writeUInt16LE(((light >> 3) << 11) | ((y * 2) >> 2 << 5) | (x >> 3), 0x1000 + 2 * (160 * y + x));
    }
  }
  return bytes;
}

/** Stores by and by, so that the views have something live; gives what stops it. */
function keepStoring(peer) {
  let running = true;
  const storing = (async () => {
    for (let i = 0; running; i++) {
      await store(peer, 0xc0, 40 * Math.sin(i / 25), 25 * Math.cos(i / 40), (i % 90) - 45);
      await peer.write("a", [i & 255], 0x3000 + ((i * 37) % 4096));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  })();
  return () => {
    running = false;
    return storing;
  };
}

async function look(page, name) {
  await takePictures(page, name);
  await expectAccessible(page, name);
}

async function lookAtHex(page, peer) {
  await clickByte(page, 0x60);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press("Shift+ArrowRight");
  }
  await look(page, "hex");
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByLabel("What to find").selectOption("value");
  await page.getByLabel("Type").selectOption("f32");
  await page.getByLabel("Find", { exact: true }).fill("61.5");
  await page.keyboard.press("Enter");
  await page.getByText("Found at 0x60.").waitFor();
  await takePictures(page, "hex-find");
  await page.keyboard.press("Escape");
  await page.getByText("Keys", { exact: true }).click();
  await takePictures(page, "hex-keys");
  await page.getByText("Keys", { exact: true }).click();

  await clickByte(page, 0x70);
  await page.keyboard.type("4");
  await peer.write("a", [0x99], 0x70);
  await page.keyboard.type("1");
  await page.getByText("Not written:").waitFor();
  await look(page, "hex-clash");
  await page.getByRole("button", { name: "Keep what is there" }).click();
}

async function lookAtOthers(page) {
  await goToOffset(page, "0x80");
  await showTab(page, "Text");
  await page.getByText("我将无我,不负人民").first().waitFor();
  await page.getByRole("button", { name: "Write utf-16le" }).click();
  await look(page, "text");
  await showTab(page, "Chart");
  await takePictures(page, "chart-empty");
  await addRows(page, { type: "f64", offset: "0xc0", rows: 3 });
  await page.getByLabel("Time shown").selectOption("10");
  await until(async () => (await samples(page)) > 120, "enough to see");
  await look(page, "chart");
  await showTab(page, "Picture");
  await choosePicture(page, { format: "rgb565", offset: "0x1000", width: 160, height: 120 });
  const lit = () => findPoints(page, ".mem-canvas", (red) => red > 0);
  await until(async () => (await lit()).length > 0, "the picture is drawn");
  await look(page, "picture");
  await choosePicture(page, { format: "rgba", offset: "0x1000", width: 1600, height: 1200 });
  await takePictures(page, "picture-too-large");
}

test("every view is accessible, and its pictures are taken", async (t) => {
  const { page, peer } = await openShared(t, { size: 65536, bytes: scenery() });
  const stopStoring = keepStoring(peer);
  try {
    await lookAtHex(page, peer);
    await lookAtOthers(page);
  } finally {
    await stopStoring(); // before the peer ends, which would not answer it any more
  }
});
