// A Chromium whose page is watched: no console error, no request to anywhere but the daemon.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { BUILD, LONG } from "./build.mjs";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export const WIDE_VIEW = { width: 1280, height: 800 };
export const NARROW_VIEW = { width: 400, height: 800 };

/** Chromium as users start it: with windows, and a profile. */
export const CHROMIUM = {
  executablePath: process.env.SECTIOND_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage"],
};

/**
 * Chromium's own build of the same engine without windows and their decoration, which takes half of the
 * processor's time. Where it is not installed, and in the long run, Chromium itself.
 */
const SHELL = "/usr/bin/chromium-headless-shell";
export const HEADLESS = LONG || process.env.SECTIOND_CHROMIUM || !existsSync(SHELL)
  ? CHROMIUM : { ...CHROMIUM, executablePath: SHELL };

let launched = null;
const cleanups = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) {
    await cleanup();
  }
  await (await launched)?.close();
});

/** In place of a test: what is started for it ends with the file. */
export const wholeFile = { after: (cleanup) => cleanups.push(cleanup) };

/**
 * Opens an address in a profile of its own, which ends with the test; a file has one browser, which its
 * first page may choose as `program`.
 */
export async function openPage(t, addressOrPromise, { program = HEADLESS, ...options } = {}) {
  const address = await addressOrPromise;
  launched ??= chromium.launch(program);
  const browser = await launched;
  const faults = [];
  const context = await browser.newContext({ viewport: WIDE_VIEW, ...options });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, [], "what the page should not have done");
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.faults = faults;
  const { origin } = new URL(address);
  page.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  page.on("console", (message) => {
    // Chromium logs each answer of 400 and above, and each that did not come; the page shows those.
    if (["error", "warning"].includes(message.type()) &&
        !message.text().startsWith("Failed to load resource")) {
      faults.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("blob:")) {
      faults.push(`request to ${request.url()}`);
    }
  });
  await page.goto(address);
  return page;
}

/** After a restart: a tab with a new address, whose session the page gets. It stays, as a user's does. */
export async function comeBack(page, daemon) {
  const other = await page.context().newPage();
  await other.goto(await daemon.address);
  await page.locator(".connection-connected").waitFor();
}

const looks = [
  ["light", "wide"], ["dark", "wide"], ["light", "narrow"], ["dark", "narrow"],
];

/** Another size or colour is laid out and painted when this is done. */
async function changeLook(page, colorScheme, width) {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.setViewportSize(width === "wide" ? WIDE_VIEW : NARROW_VIEW);
  await twoFrames(page);
}

/** Those in which every colour and every width comes once. */
const fewLooks = [looks[0], looks[3]];

/** Pictures of a view in the build tree, in the long run in each look; gives the folder. */
export async function takePictures(page, name) {
  const folder = path.join(BUILD, "screenshots");
  await mkdir(folder, { recursive: true });
  for (const [colorScheme, width] of LONG ? looks : fewLooks) {
    await changeLook(page, colorScheme, width);
    await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}-${width}.png`) });
    await expectNoSidewaysScroll(page, `${name} ${width}`);
  }
  await changeLook(page, ...looks[0]);
  return folder;
}

/** What was asked for is laid out and painted. */
export async function twoFrames(page) {
  await page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
  }));
}

async function expectNoSidewaysScroll(page, where) {
  const [content, view] = await page.evaluate(() => [
    document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= view, `${where}: the page is ${content} wide in a view of ${view}`);
}

/** axe-core finds nothing. */
export async function expectAccessible(page, where) {
  const source = await readFile(axePath, "utf8");
  for (const [colorScheme, width] of fewLooks) {
    await changeLook(page, colorScheme, width);
    // Through the debugger, which the page's policy does not bind.
    await page.evaluate("globalThis.axe !== undefined") || await page.evaluate(source);
    const violations = await page.evaluate(async () => {
      const result = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return result.violations.map((each) => ({
        id: each.id, help: each.help,
        nodes: each.nodes.map((node) => `${node.html} ${node.failureSummary}`),
      }));
    });
    assert.deepEqual(violations, [], `${where}, ${colorScheme}, ${width}`);
  }
  await changeLook(page, ...looks[0]);
}
