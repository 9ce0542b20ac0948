// The sections view: what the daemon holds, live, and what can be done about it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { ON_WINDOWS, temporaryFolder, until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { expectSection } from "./lib/memory.mjs";
import { openPage } from "./lib/page.mjs";
import { Peer, freshName } from "./lib/peer.mjs";

const run = promisify(execFile);

async function openSections(t, ...options) {
  const daemon = await Daemon.start(t, ...options);
  const page = await openPage(t, daemon.address);
  await page.getByRole("heading", { name: "Sections", exact: true }).waitFor();
  return { daemon, page };
}

const rowOf = (page, text) => page.getByRole("row").filter({ hasText: text });
const dialog = (page) => page.getByRole("dialog");

test("a newcomer is told what to do first, and creates a section by clicks", async (t) => {
  const { daemon, page } = await openSections(t);
  const name = freshName();
  await page.getByText("No sections yet").waitFor();
  await page.getByRole("button", { name: "Create the first section" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill(name);
  await dialog(page).getByLabel("Size", { exact: true }).fill("64 KiB");
  await dialog(page).getByLabel("Label", { exact: true }).fill("the tutorial's");
  await dialog(page).getByRole("button", { name: "Create", exact: true }).click();
  await expectSection(page, 1);
  await page.getByRole("heading", { name }).waitFor();
  const [section] = await daemon.sections();
  assert.equal(section.name, name);
  assert.equal(section.size, 65536);
  assert.equal(section.label, "the tutorial's");
});

test("the curl line of the empty state does what the button does", async (t) => {
  const { daemon, page } = await openSections(t);
  const home = await temporaryFolder(t);
  await symlink(daemon.state, path.join(home, "sectiond")); // where the line looks for the header
  await page.getByRole("button", { name: "Copy the curl line" }).click();
  await page.getByText("Copied", { exact: true }).waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(!line.includes(daemon.token), "the token stays in its file");
  await run("sh", ["-c", `XDG_STATE_HOME='${home}'; ${line.replace("SHINE", freshName())} --silent --fail`]);
  await until(async () => (await daemon.sections()).length === 1, "the section is there");
  await page.getByRole("table").waitFor();
});

test("the keyboard alone creates, opens, looks into and closes", async (t) => {
  const { daemon, page } = await openSections(t);
  const name = freshName();
  await page.keyboard.press("n");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await expectSection(page, 1);
  await page.keyboard.press("1");
  await rowOf(page, name).waitFor();
  await page.keyboard.press("o");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await expectSection(page, 2);
  await page.keyboard.press("1");
  await rowOf(page, "opened").waitFor();
  await rowOf(page, "opened").getByRole("link").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expectSection(page, 1);
  await page.keyboard.press("1");
  await rowOf(page, "opened").getByRole("link").focus();
  await page.keyboard.press("Delete");
  await dialog(page).getByText("lets go of its handle").waitFor();
  await page.keyboard.press("Enter");
  await until(async () => (await daemon.sections()).length === 1, "one is closed");
  assert.equal((await daemon.sections())[0].id, 1);
  await rowOf(page, "opened").waitFor({ state: "detached" });
});

test("a handle of another process is duplicated by its pid and number", async (t) => {
  const { daemon, page } = await openSections(t);
  const peer = await Peer.start(t);
  const { handle } = await peer.create("a", 8192);
  await peer.write("a", Buffer.from("theirs"));
  await page.getByRole("button", { name: "Duplicate" }).click();
  await dialog(page).getByLabel("Process id").fill(String(peer.pid));
  await dialog(page).getByLabel(ON_WINDOWS ? "Handle" : "File descriptor").fill(handle);
  await dialog(page).getByRole("button", { name: "Duplicate", exact: true }).click();
  await expectSection(page, 1);
  assert.equal(String(await daemon.read(1, 0, 6)), "theirs");
  await page.getByRole("link", { name: "All sections" }).click();
  await rowOf(page, `from ${peer.pid}`).waitFor();
});

test("what the system refuses is told where it arose, in words and with its code", async (t) => {
  const { page } = await openSections(t);
  await page.keyboard.press("o");
  await page.keyboard.type("not-there-at-all");
  await page.keyboard.press("Enter");
  const alert = dialog(page).getByRole("alert");
  await alert.waitFor();
  const words = await alert.textContent();
  assert.match(words, ON_WINDOWS ? /OpenFileMapping.*Windows error 2.*ERROR_FILE_NOT_FOUND/
    : /shm_open said errno 2 \(ENOENT\)/);
  await dialog(page).getByLabel("Name", { exact: true }).fill("a/b\\c");
  await page.keyboard.press("Enter");
  await until(async () => !(await alert.textContent()).includes("errno 2"), "another refusal");
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("alert").count(), 0);
});

test("input that makes no sense is told without asking the daemon", async (t) => {
  const { daemon, page } = await openSections(t);
  await page.keyboard.press("n");
  for (const size of ["many", "0", "-5", ""]) {
    await dialog(page).getByLabel("Size", { exact: true }).fill(size);
    await page.keyboard.press("Enter");
    await dialog(page).getByText("The size must be a number of bytes").waitFor();
  }
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" }); // keys are its own until then
  await page.keyboard.press("d");
  await dialog(page).getByLabel("Process id").fill("me");
  await page.keyboard.press("Enter");
  await dialog(page).getByText("a whole number").waitFor();
  assert.equal((await daemon.sections()).length, 0);
});

test("a protected section is not closed, and the reason is told", async (t) => {
  const { daemon, page } = await openSections(t);
  const { id } = await daemon.create();
  await daemon.json("PATCH", `/v1/sections/${id}`, { protected: true });
  await page.getByRole("button", { name: `Close section ${id}` }).click();
  await dialog(page).getByRole("button", { name: "Close it" }).click();
  await dialog(page).getByRole("alert").getByText(/protected/i).waitFor();
  assert.equal((await daemon.sections()).length, 1);
  await daemon.json("PATCH", `/v1/sections/${id}`, { protected: false });
  await dialog(page).getByRole("button", { name: "Close it" }).click();
  await page.getByText("No sections yet").waitFor();
});

test("the table follows what others do", async (t) => {
  const { daemon, page } = await openSections(t);
  const first = await daemon.create({ label: "first" });
  await rowOf(page, "first").waitFor();
  await daemon.create({ label: "second", size: 1 << 20 });
  await rowOf(page, "second").getByText("1 MiB").waitFor();
  await page.getByText("2 held").waitFor();
  await daemon.json("DELETE", `/v1/sections/${first.id}`);
  await rowOf(page, "first").waitFor({ state: "detached" });
});

test("the table is filtered as one types, and sorted by its heads", async (t) => {
  const { daemon, page } = await openSections(t);
  for (const [label, size] of [["banana", 300], ["apple", 200], ["cherry", 1000]]) {
    await daemon.create({ label, size: size * 4096 });
  }
  const labels = () => page.locator(".section-label").allTextContents();
  const shows = (...wanted) => until(
    async () => (await labels()).join() === wanted.join(), `${wanted.join()} are shown`);
  await shows("banana", "apple", "cherry");
  await page.getByRole("button", { name: "size" }).click();
  await shows("apple", "banana", "cherry");
  await page.getByRole("button", { name: "size" }).click();
  await shows("cherry", "banana", "apple");
  assert.equal(await page.getByRole("columnheader", { name: "size" }).getAttribute("aria-sort"),
    "descending");
  await page.getByRole("button", { name: "name" }).click();
  await shows("apple", "banana", "cherry");
  await page.keyboard.press("/");
  await page.keyboard.type("an created");
  await shows("banana");
  await page.keyboard.type(" nothing");
  await page.getByText("No section matches").waitFor();
  await page.keyboard.press("Escape");
  await shows("apple", "banana", "cherry");
});

test("a hostile name shows as text, however strange", async (t) => {
  const { daemon, page } = await openSections(t);
  const hostile = ["<img src=x onerror=alert(1)>", "‮gnol‬-מימין לשמאל", "n".repeat(200),
    "&lt;b&gt;'\"{{x}}${y}"].map((name) => `${name}${process.pid}`);
  page.on("dialog", () => page.faults.push("a script of a name ran"));
  for (const name of hostile) {
    await daemon.create({ name, label: "<script>alert(2)</script>" });
  }
  await until(async () => (await page.getByRole("row").count()) === 5, "all rows");
  const shown = await page.locator(".section-name > :first-child").allTextContents();
  assert.deepEqual(shown, hostile);
  assert.equal(await page.locator("main img, main script").count(), 0);
  for (let i = 0; i < hostile.length; i++) {
    await page.getByRole("link", { name: hostile[i] }).click();
    await page.getByRole("heading", { name: hostile[i] }).waitFor();
    await page.getByRole("tab", { name: "Hex" }).waitFor();
    const fits = await page.evaluate(() =>
      document.documentElement.scrollWidth <= document.documentElement.clientWidth);
    assert.ok(fits, "a long name does not widen the page");
    await page.keyboard.press("1");
  }
  assert.equal(await page.locator("main img, main script").count(), 0);
});

test("a section that is closed elsewhere says so to who looks at it", async (t) => {
  const { daemon, page } = await openSections(t);
  await page.goto(await daemon.addressOf(77));
  await page.getByText("There is no section 77 any more").waitFor();
  await page.getByRole("link", { name: "All sections" }).click();
  await page.getByText("No sections yet").waitFor();
});
