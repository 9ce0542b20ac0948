// Pictures of every view but the memory's own, and axe-core's opinion of each.
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { expectAccessible, openPage, takePictures } from "./lib/page.mjs";
import { Peer } from "./lib/peer.mjs";

async function begin(t, ...options) {
  const daemon = await Daemon.start(t, ...options);
  const page = await openPage(t, daemon.address);
  await page.getByRole("heading", { name: "Sections", exact: true }).waitFor();
  return { daemon, page };
}

async function look(page, name) {
  await takePictures(page, name);
  await expectAccessible(page, name);
}

/** Sections as a day's work leaves them. */
async function fill(daemon, peer) {
  const unique = process.pid;
  await peer.create("a", 65536, `MAHMSharedMemory-${unique}`);
  await peer.create("b", 1 << 20);
  await daemon.create({ name: `SHINE-${unique}`, label: "the tutorial's" });
  await daemon.create({ size: 640 * 480 * 4, label: "frames of the left camera" });
  await daemon.create({ name: `iRacing-${unique}`, size: 1164 * 1024 });
  await daemon.create({ size: 5000 });
  await daemon.json("POST", "/v1/sections/open", { name: `MAHMSharedMemory-${unique}` });
  await daemon.create({ name: `<img src=x onerror=alert(1)> ${unique}` });
  await daemon.create({ name: "a-name-of-two-hundred-characters-".padEnd(200, "x") });
  await daemon.create({ name: `שלום עולם ${unique}` });
}

/** Keys are a dialog's own until it is gone. */
async function leaveDialog(page) {
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

test("the sections view looks right and is accessible, empty and full", async (t) => {
  const { daemon, page } = await begin(t);
  await page.getByText("No sections yet").waitFor();
  await look(page, "sections-empty");
  await fill(daemon, await Peer.start(t));
  await page.getByText("8 held").waitFor();
  await look(page, "sections");
});

test("the dialogs look right and are accessible, also with a refusal in them", async (t) => {
  const { daemon, page } = await begin(t);
  await daemon.create({ label: "one" });
  await page.getByText("1 held").waitFor();
  await page.keyboard.press("n");
  await page.getByText("More", { exact: true }).click();
  await look(page, "dialog-create");
  await leaveDialog(page);
  await page.keyboard.press("o");
  await page.keyboard.type("nobody-made-this");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await look(page, "dialog-open-refused");
  await leaveDialog(page);
  await page.keyboard.press("d");
  await look(page, "dialog-duplicate");
  await leaveDialog(page);
  await page.getByRole("button", { name: "Close section 1" }).click();
  await look(page, "dialog-close");
  await leaveDialog(page);
  await page.keyboard.press("?");
  await look(page, "dialog-keys");
});

test("discovery looks right and is accessible", async (t) => {
  const { daemon, page } = await begin(t);
  const peer = await Peer.start(t);
  await fill(daemon, peer);
  await page.keyboard.press("2");
  await page.getByRole("button", { name: /peer/ }).first().waitFor();
  await look(page, "discover");
  await page.keyboard.press("/");
  await page.keyboard.type(String(peer.pid));
  await page.getByRole("button", { name: new RegExp(`\\b${peer.pid}$`) }).click();
  await page.getByRole("row").filter({ hasText: "1 MiB" }).waitFor();
  await look(page, "discover-process");
  await page.getByRole("button", { name: "Names" }).click();
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  await page.getByRole("row").filter({ hasText: "iRacing" }).waitFor();
  await look(page, "discover-names");
});

test("the daemon's view looks right and is accessible", async (t) => {
  const { daemon, page } = await begin(t);
  const { id } = await daemon.create({ size: 1 << 20 });
  await page.keyboard.press("3");
  await page.locator(".chart canvas").first().waitFor();
  // Something to draw: some requests, until the charts have had a few seconds of them.
  const begun = Date.now();
  await until(async () => {
    await daemon.read(id, 0, 1 + Math.floor(Math.random() * 65536));
    return Date.now() - begun > 8000;
  }, "a few seconds of requests");
  await look(page, "daemon");
});

test("the page that has no session, and the one that has lost the daemon, look right", async (t) => {
  const { daemon, page } = await begin(t);
  await daemon.create({ label: "one" });
  await page.getByText("1 held").waitFor();
  await daemon.stop();
  await page.getByText("The daemon does not answer").waitFor();
  await look(page, "lost");
  await daemon.startAgain();
  await page.getByRole("heading", { name: "This page's session has ended" }).waitFor();
  await page.keyboard.type("not a code");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await look(page, "session");
});
