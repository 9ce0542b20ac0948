// The view of one section: what it shows, and where to click in it.
import { Daemon } from "./daemon.mjs";
import { openPage } from "./page.mjs";
import { freshName, Peer } from "./peer.mjs";
import { until } from "./build.mjs";

/** A section, and the page that shows it; `bytes` are in it from its start. */
export async function openMemory(t, { bytes, daemonOptions = [], ...document } = {}) {
  const daemon = await Daemon.start(t, ...daemonOptions);
  const section = await daemon.create(document);
  if (bytes) {
    await daemon.write(section.id, 0, bytes);
  }
  const page = await openPage(t, daemon.address);
  await showSection(page, daemon, section.id);
  return { daemon, section, page };
}

/** The same, shared with a native process, which holds it in its slot "a". */
export async function openShared(t, options = {}) {
  const name = freshName();
  const opened = await openMemory(t, { name, ...options });
  const peer = await Peer.start(t);
  await peer.open("a", name);
  return { ...opened, name, peer };
}

export async function showSection(page, daemon, id) {
  await page.getByRole("link", { name: "Sections" }).first().waitFor();
  await page.goto(await daemon.addressOf(id));
  await until(async () => (await rowAt(page, 0))?.hex.includes("·") === false, "bytes are shown");
}

/** Waits for the view of a section that an action leads to: its address alone comes earlier. */
export async function expectSection(page, id) {
  await page.locator(".section-head .chip", { hasText: new RegExp(`^id ${id}$`) }).waitFor();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
}

/** The row that begins with this offset as it is shown, or null where it is not visible. */
export function rowAt(page, offset) {
  return page.evaluate((wanted) => {
    for (const row of document.querySelectorAll(".mem-scroller .mem-row:not([hidden])")) {
      const [start, hex, text] = row.children;
      if (parseInt(start.textContent, 16) === wanted) {
        return { hex: hex.textContent.trim().replace(/\s+/g, " "), text: text.textContent };
      }
    }
    return null;
  }, offset);
}

/** Waits until the row shows these bytes, in hex with blanks between them. */
export async function expectRow(page, offset, hex) {
  let row = null;
  await until(async () => {
    row = await rowAt(page, offset);
    return row?.hex === hex;
  }, `row ${offset.toString(16)} shows ${hex}`).catch((error) => {
    throw new Error(`${error.message}, but ${JSON.stringify(row)}`);
  });
}

/** Where on the page a byte stands, on the hex or the text side. */
export async function placeOf(page, offset, side = "hex") {
  return until(() => page.evaluate(([wanted, onText]) => {
    for (const row of document.querySelectorAll(".mem-scroller .mem-row:not([hidden])")) {
      const [start, hex, text] = row.children;
      const column = wanted - parseInt(start.textContent, 16);
      if (column < 0 || column >= text.textContent.length) {
        continue;
      }
      const box = (onText ? text : hex).getBoundingClientRect();
      const index = onText ? column : 3 * column + Math.floor(column / 8);
      const width = box.width / (onText ? text : hex).textContent.length;
      return { x: box.left + (index + (onText ? 0.5 : 1)) * width, y: box.top + box.height / 2 };
    }
    return null;
  }, [offset, side === "text"]), `byte ${offset} is visible`);
}

export async function clickByte(page, offset, side = "hex") {
  const { x, y } = await placeOf(page, offset, side);
  await page.mouse.click(x, y);
}

/** What the selection panel says: [first, count]. */
export async function selected(page) {
  const panel = page.locator(".mem-selection");
  const count = await panel.locator("h2 .mono").textContent();
  const place = await panel.locator(".mem-place .mono").textContent();
  return [parseInt(place, 16), parseInt(count.replaceAll(",", ""), 10)];
}

/** Waits until these bytes are selected: [first, count]. */
export async function expectSelected(page, wanted, what = "") {
  let found = [];
  await until(async () => {
    found = await selected(page);
    return found.join() === wanted.join();
  }, `${wanted.join()} is selected ${what}`).catch((error) => {
    throw new Error(`${error.message}, but ${found.join()}`);
  });
}

export async function goToOffset(page, text) {
  const field = page.getByLabel("Go to offset");
  await field.fill(text);
  await field.press("Enter");
}

/** The points of one of the view's canvases, four bytes each, read from a copy of it. */
export function pointsOf(page, selector) {
  return page.evaluate((wanted) => {
    const canvas = document.querySelector(wanted);
    const copy = new OffscreenCanvas(canvas.width, canvas.height)
      .getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return [...copy.getImageData(0, 0, canvas.width, canvas.height).data];
  }, selector);
}

/** Which points of a canvas `isWanted` (a function that stands alone) accepts, by their number. */
export function findPoints(page, selector, isWanted) {
  // As text through the debugger: the points of a large canvas stay where they are.
  return page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const copy = new OffscreenCanvas(canvas.width, canvas.height)
      .getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const isWanted = ${isWanted};
    const found = [];
    for (let i = 0; i < data.length; i += 4) {
      if (isWanted(data[i], data[i + 1], data[i + 2], data[i + 3])) {
        found.push(i / 4);
      }
    }
    return found;
  })()`);
}

/** How many points of the grid have the colour of a change: yellow, at whatever strength. */
export async function flashingPoints(page) {
  const yellow = (red, _green, blue, alpha) => alpha > 8 && red > blue + 60;
  return (await findPoints(page, ".mem-layer canvas", yellow)).length;
}

export async function clipboard(page) {
  return page.evaluate(() => navigator.clipboard.readText());
}
