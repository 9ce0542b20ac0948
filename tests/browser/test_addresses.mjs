// The page's addresses outlive the daemon: none of them ever leads to another program's memory.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { clickByte, expectRow, expectSection, openMemory, rowAt } from "./lib/memory.mjs";
import { comeBack, openPage } from "./lib/page.mjs";
import { Peer, freshName } from "./lib/peer.mjs";

const ROW = "6f 74 68 65 72 00 00 00 00 00 00 00 00 00 00 00";

const link = (page, name) => page.getByRole("link", { name, exact: true });
const allSections = (page) => page.getByRole("link", { name: "All sections" });

test("a section with a name has it in its address, which finds it after a restart", async (t) => {
  const peer = await Peer.start(t);
  const daemon = await Daemon.start(t);
  const name = `${freshName()}-§%"`;
  await peer.create("a", 4096, name);
  const { id } = await daemon.json("POST", "/v1/sections/open", { name });
  const page = await openPage(t, daemon.address);
  await link(page, name).click();
  await expectSection(page, id);
  // The view is in it once it is known whether a layout fits.
  await page.waitForURL((url) => decodeURIComponent(url.hash).startsWith(`#/section/@${name}/`));
  const bookmark = page.url();
  await daemon.restart();
  await daemon.create({ label: "somebody else's" }); // which has that id now
  await page.goto("about:blank");
  await page.goto(bookmark);
  await comeBack(page, daemon);
  await page.getByText("The daemon holds nothing that has the name").waitFor();
  assert.equal(await page.getByRole("tab", { name: "Hex" }).count(), 0);
  await page.getByRole("button", { name: "Open it by its name" }).click();
  await expectSection(page, 2);
  await peer.write("a", [0x53]);
  await until(async () => (await rowAt(page, 0))?.hex.startsWith("53"), "the program's bytes");
});

test("a bookmark of a section without a name shows nothing after a restart, and says why", async (t) => {
  const { daemon, section, page } = await openMemory(t, { bytes: Buffer.from("mine") });
  const bookmark = page.url();
  const { instance } = await daemon.json("GET", "/v1/info");
  assert.ok(bookmark.includes(`#/section/${instance}.${section.id}/`), bookmark);
  await daemon.restart();
  const other = await daemon.create({ label: "somebody else's" });
  assert.equal(other.id, section.id);
  await daemon.write(other.id, 0, Buffer.from("other"));
  for (const address of [bookmark, `${daemon.url}/#/section/${section.id}`]) {
    await page.goto("about:blank");
    await page.goto(address);
    await comeBack(page, daemon);
    await page.getByText("Ids begin anew with each start").waitFor();
    assert.equal(await page.getByRole("tab", { name: "Hex" }).count(), 0);
    await allSections(page).waitFor();
  }
  await page.getByRole("link", { name: `Show section ${other.id} of now` }).click();
  await expectSection(page, other.id);
  await expectRow(page, 0, ROW);
});

test("a page that stays open over a restart writes nothing to the section that has the id now", async (t) => {
  const { daemon, section, page } = await openMemory(t, { bytes: Buffer.from("mine") });
  await clickByte(page, 0);
  const held = [];
  await page.route("**/data*", (route) => held.push(route));
  await page.keyboard.type("41");
  await until(() => held.length > 0, "the edit is under way");
  await daemon.restart();
  const other = await daemon.create();
  assert.equal(other.id, section.id);
  await daemon.write(other.id, 0, Buffer.from("mine")); // the same bytes: no If-Match stops it
  await page.unroute("**/data*");
  await Promise.all(held.splice(0).map((route) => route.continue().catch(() => {})));
  await comeBack(page, daemon);
  await page.getByText("This address is of an earlier start of the daemon").waitFor();
  assert.equal((await daemon.read(other.id, 0, 4)).toString(), "mine");
});

test("two sections of one name have addresses of their own", async (t) => {
  const daemon = await Daemon.start(t);
  const name = freshName();
  const first = await daemon.create({ name });
  const second = await daemon.json("POST", "/v1/sections/open", { name });
  const page = await openPage(t, daemon.address);
  await link(page, name).first().waitFor();
  for (const [row, { id }] of [first, second].entries()) {
    await link(page, name).nth(row).click();
    await expectSection(page, id);
    await page.reload();
    await expectSection(page, id);
    await page.getByRole("link", { name: "All sections" }).click();
    await link(page, name).first().waitFor();
  }
});

test("a section that its program made anew is said to be the old one, and leads to the new", async (t) => {
  const peer = await Peer.start(t);
  const daemon = await Daemon.start(t);
  const name = freshName();
  await peer.create("a", 4096, name);
  const old = await daemon.json("POST", "/v1/sections/open", { name });
  const page = await openPage(t, daemon.address);
  await link(page, name).click();
  await expectSection(page, old.id);
  await peer.command("close", "a");
  await peer.create("b", 4096, name);
  await peer.write("b", [0x42]);
  await page.getByText(`The name ${name} leads to another section by now`).waitFor();
  await page.getByRole("button", { name: "Open what has the name now" }).click();
  await expectSection(page, old.id + 1);
  await until(async () => (await rowAt(page, 0))?.hex.startsWith("42"), "the new section's bytes");
  assert.equal(await page.getByText("leads to another section by now").count(), 0);
  await page.reload();
  await expectSection(page, old.id + 1);
  await page.getByRole("link", { name: "All sections" }).click();
  await page.getByText("orphaned", { exact: true }).waitFor();
  await link(page, name).first().click(); // the list is by id: the old one
  await expectSection(page, old.id);
  await page.getByText(`The name ${name} leads to another section by now`).waitFor();
});
