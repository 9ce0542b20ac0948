// Discovery: processes, what they share, names; and taking it with one click.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { expectSection } from "./lib/memory.mjs";
import { openPage } from "./lib/page.mjs";
import { Peer, freshName } from "./lib/peer.mjs";

async function openDiscover(t, ...options) {
  const daemon = await Daemon.start(t, ...options);
  const peer = await Peer.start(t);
  const page = await openPage(t, daemon.address);
  await page.getByRole("link", { name: "Discover" }).click();
  await page.getByRole("heading", { name: "Discover" }).waitFor();
  return { daemon, peer, page };
}

const headOf = (page, peer) => page.getByRole("button", { name: new RegExp(`\\b${peer.pid}$`) });
const rowOf = (page, text) => page.getByRole("row").filter({ hasText: text });

test("processes are found as one types, by name and by id", async (t) => {
  const { peer, page } = await openDiscover(t);
  await headOf(page, peer).waitFor();
  const names = () => page.locator(".process-name").allTextContents();
  const areAllPeers = (found) => found.every((name) => /peer/i.test(name));
  assert.ok(!areAllPeers(await names()), "there are others");
  await page.keyboard.press("/");
  await page.keyboard.type("PEER");
  await until(async () => areAllPeers(await names()), "the others are left out");
  await page.getByRole("searchbox").fill(String(peer.pid));
  await headOf(page, peer).waitFor();
  await page.getByRole("searchbox").fill("no process is called this");
  await page.getByText("No process has that name or id.").waitFor();
  await page.keyboard.press("Escape");
  await headOf(page, peer).waitFor();
});

test("a process that is opened shows its sections, live, and one click takes one", async (t) => {
  const { daemon, peer, page } = await openDiscover(t);
  const name = freshName();
  await peer.create("a", 12288);
  await peer.write("a", Buffer.from("found"));
  await page.getByRole("searchbox").fill(String(peer.pid));
  await headOf(page, peer).click();
  await rowOf(page, "12 KiB").waitFor();
  await peer.create("b", 20480, name);
  await rowOf(page, name).getByText("20 KiB").waitFor();
  await peer.command("close", "b");
  await rowOf(page, name).waitFor({ state: "detached" });
  await rowOf(page, "12 KiB").getByRole("button", { name: "Take" }).click();
  await expectSection(page, 1);
  assert.equal(String(await daemon.read(1, 0, 5)), "found");
  await page.keyboard.press("2");
  await page.getByRole("searchbox").fill(String(peer.pid));
  await headOf(page, peer).click();
  await page.getByRole("link", { name: "Held as 1" }).click();
  await expectSection(page, 1);
});

test("by keyboard: search, open, take", async (t) => {
  const { peer, page } = await openDiscover(t);
  await peer.create("a", 12288);
  await page.keyboard.press("/");
  await page.keyboard.type(String(peer.pid));
  await headOf(page, peer).waitFor();
  await page.keyboard.press("Tab");
  const hasFocus = (element) => element === document.activeElement;
  await until(async () => await headOf(page, peer).evaluate(hasFocus) ||
    page.keyboard.press("Tab").then(() => false), "the process has the focus");
  await page.keyboard.press("Enter");
  await rowOf(page, "12 KiB").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expectSection(page, 1);
});

test("names that exist now are listed, found by their start, and opened", async (t) => {
  const { daemon, peer, page } = await openDiscover(t);
  const [theirs, hostile] = [freshName(), `${freshName()}<b onclick=alert(1)>`];
  await page.getByRole("button", { name: "Names" }).click();
  await peer.create("a", 4096, theirs);
  await rowOf(page, theirs).waitFor();
  await daemon.create({ name: hostile });
  await rowOf(page, hostile).getByRole("link", { name: "Held as 1" }).waitFor();
  await page.getByRole("searchbox").fill(theirs);
  await rowOf(page, hostile).waitFor({ state: "detached" });
  await rowOf(page, theirs).getByRole("button", { name: "Open" }).click();
  await expectSection(page, 2);
  assert.equal((await daemon.sections())[1].name, theirs);
  await page.keyboard.press("2");
  await page.getByRole("button", { name: "Names" }).click();
  await page.getByRole("searchbox").fill("no-name-begins-like-this");
  await page.getByText("No section's name begins so.").waitFor();
});

test("what goes wrong with one section is told above them, also when its row is gone", async (t) => {
  const { peer, page } = await openDiscover(t);
  await peer.create("a", 12288);
  await page.getByRole("searchbox").fill(String(peer.pid));
  await headOf(page, peer).click();
  const take = rowOf(page, "12 KiB").getByRole("button", { name: "Take" });
  await take.waitFor();
  await page.route("**/v1/sections/duplicate", async (route) => {
    await peer.command("close", "a");
    await route.continue();
  });
  await take.click();
  await page.getByText("It holds no sections.").waitFor();
  assert.match(await page.getByRole("alert").textContent(), /errno|Windows error|no |not /i);
});

test("a daemon that may not discover says so", async (t) => {
  const { page } = await openDiscover(t, "--deny", "discover");
  await page.getByRole("alert").getByText(/deny/i).waitFor();
  await page.getByRole("button", { name: "Names" }).click();
  await page.getByRole("alert").getByText(/deny/i).waitFor();
});
