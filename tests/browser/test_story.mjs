// The tutorial's story, through the page alone: a native process shares a wide string in a section,
// the page shows it and writes another, and the process sees that. By name, through a process's
// handle, and the other way round. Also run against the Windows build.
import assert from "node:assert/strict";
import test from "node:test";
import { ON_WINDOWS, WIDE, until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { expectSection } from "./lib/memory.mjs";
import { CHROMIUM, openPage } from "./lib/page.mjs";
import { Peer, freshName } from "./lib/peer.mjs";

const THEIRS = "我将无我,不负人民";
const OURS = "page and process: 一起";

async function begin(t) {
  const daemon = await Daemon.start(t);
  const peer = await Peer.start(t);
  const page = await openPage(t, daemon.address, { program: CHROMIUM });
  await page.getByRole("heading", { name: "Sections", exact: true }).waitFor();
  return { daemon, peer, page };
}

/** In the text tab of the section that is open: reads theirs, writes ours; the peer sees it. */
async function exchangeTexts(page, peer, slot) {
  await page.getByRole("tab", { name: "Text" }).click();
  const row = page.locator(".mem-encoding").filter({ hasText: WIDE });
  await row.getByText(THEIRS).waitFor();
  await page.getByRole("button", { name: `Write ${WIDE}`, exact: true }).click();
  await page.getByLabel(`Text to write as ${WIDE}`).fill(OURS);
  await page.getByRole("button", { name: `Write as ${WIDE}` }).click();
  await until(async () => (await peer.readText(slot)) === OURS, "the peer reads what was written");
  await row.getByText(OURS).waitFor();
}

test("by name: the page opens what a process has made", async (t) => {
  const { peer, page } = await begin(t);
  const name = freshName();
  await peer.create("a", 4096, name);
  await peer.writeText("a", THEIRS);
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
  await exchangeTexts(page, peer, "a");
});

test("without a name: the page takes the section out of the process that has it", async (t) => {
  const { peer, page } = await begin(t);
  await peer.create("a", 12288);
  await peer.writeText("a", THEIRS);
  await page.keyboard.press("2");
  await page.getByRole("heading", { name: "Discover" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(String(peer.pid));
  await page.getByRole("button", { name: new RegExp(`\\b${peer.pid}$`) }).click();
  const row = page.getByRole("row").filter({ hasText: "12 KiB" });
  await row.getByRole("button", { name: "Take" }).click();
  await expectSection(page, 1);
  await exchangeTexts(page, peer, "a");
});

test("the other way round: a process opens what the page has made", async (t) => {
  const { peer, page } = await begin(t);
  const name = freshName();
  await page.keyboard.press("n");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
  await peer.open("b", name);
  await peer.writeText("b", THEIRS);
  await exchangeTexts(page, peer, "b");
});

test("where the platform refuses, the page has its words", async (t) => {
  const { page } = await begin(t);
  await page.keyboard.press("o");
  await page.keyboard.type("nobody-made-this");
  await page.keyboard.press("Enter");
  const words = await page.getByRole("dialog").getByRole("alert").textContent();
  assert.match(words, ON_WINDOWS ? /Windows error 2 \(ERROR_FILE_NOT_FOUND\)/ : /errno 2 \(ENOENT\)/);
});
