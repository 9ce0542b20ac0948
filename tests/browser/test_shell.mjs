// The page around the views: the token, the connection, keys, looks.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { rowAt } from "./lib/memory.mjs";
import { openPage } from "./lib/page.mjs";
import { freshName } from "./lib/peer.mjs";

const heading = (page, name) => page.getByRole("heading", { name, exact: true });

test("the address of --url opens the page, and the token leaves the address bar", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, await daemon.printUrl());
  await heading(page, "Sections").waitFor();
  assert.equal(page.url(), `${daemon.url}/#/sections`);
  assert.equal(await page.evaluate(() => history.length), 2, "nor does the history have it");
  await page.reload();
  await heading(page, "Sections").waitFor();
  await page.locator(".connection-connected").getByText(daemon.url.slice(7)).waitFor();
  assert.ok(!(await page.content()).includes(daemon.token));
});

test("the token stays with its tab", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.equal(await page.evaluate((token) => JSON.stringify(localStorage).includes(token),
    daemon.token), false);
  const other = await page.context().newPage();
  await other.goto(daemon.url);
  await heading(other, "The daemon asks for its token").waitFor();
});

test("without a token the page asks for it, and takes a right one only", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.url);
  await heading(page, "The daemon asks for its token").waitFor();
  await page.keyboard.type("x".repeat(43));
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Token").fill(` ${daemon.token}\n`);
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await heading(page, "Sections").waitFor();
  await page.reload();
  await heading(page, "Sections").waitFor();
});

test("a wrong token in the address is asked for anew", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, `${daemon.url}/#token=${"y".repeat(43)}`);
  await heading(page, "The daemon does not take this page's token").waitFor();
  await page.goto(daemon.address);
  await heading(page, "Sections").waitFor();
});

test("a link with a wrong token does not take the right one away", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await page.getByText("No sections yet").waitFor();
  for (const wrong of ["z".repeat(43), "%", "%00", "", "a b"]) {
    await page.evaluate((text) => (location.hash = `#token=${text}`), wrong);
    await until(() => page.evaluate(() => location.hash === "#/sections"), "out of the address");
    const { id } = await daemon.create({ label: `after ${wrong.length} characters` });
    await page.getByText(`after ${wrong.length} characters`).waitFor();
    await daemon.json("DELETE", `/v1/sections/${id}`);
    await page.getByText("No sections yet").waitFor();
  }
  const fresh = await page.context().newPage();
  await fresh.goto(`${daemon.url}/#token=%`);
  await heading(fresh, "The daemon does not take this page's token").waitFor();
});

test("a daemon without a token is simply there", async (t) => {
  const daemon = await Daemon.start(t, "--no-token");
  const page = await openPage(t, daemon.url);
  await heading(page, "Sections").waitFor();
});

test("a lost connection is told, and the page goes on without a reload", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await page.getByText("No sections yet").waitFor();
  await page.evaluate(() => (globalThis.sameDocument = true));
  for (const signal of ["SIGINT", "SIGKILL"]) {
    const name = freshName();
    await daemon.stop(signal);
    await page.getByText("The daemon does not answer").waitFor();
    await page.getByText("connection lost").waitFor();
    await daemon.startAgain();
    await page.getByText("The daemon does not answer").waitFor({ state: "detached" });
    await daemon.create({ name });
    await page.getByText(name).waitFor();
  }
  assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
});

test("who looks at memory when the daemon restarts is told, and looks on without a reload", async (t) => {
  const daemon = await Daemon.start(t);
  const name = freshName();
  const { id } = await daemon.create({ name });
  const page = await openPage(t, daemon.address);
  await page.getByRole("link", { name }).click();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
  await daemon.stop("SIGKILL");
  await page.getByText("The daemon does not answer").waitFor();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
  await daemon.startAgain();
  await page.getByText(`There is no section ${id} any more`).waitFor();
  const again = await daemon.create({ name });
  await page.getByRole("link", { name: "All sections" }).click();
  await page.getByRole("link", { name }).click();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
  await daemon.write(again.id, 0, Buffer.from("afterwards"));
  await until(async () => (await rowAt(page, 0))?.text.startsWith("afterwards"), "it is shown live");
});

test("a daemon that comes back with another token asks for it", async (t) => {
  const first = await Daemon.start(t);
  const page = await openPage(t, first.address);
  await heading(page, "Sections").waitFor();
  await first.stop();
  await page.getByText("The daemon does not answer").waitFor();
  first.options = ["--token-file", `${first.state}/other`];
  await first.startAgain();
  await heading(page, "The daemon does not take this page's token").waitFor();
  assert.equal(await page.getByText("The daemon does not answer").count(), 0);
});

test("number keys go from view to view, and so do the links", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  for (const [key, name, hash] of [["2", "Discover", "discover"], ["3", "Daemon", "daemon"],
    ["1", "Sections", "sections"]]) {
    await heading(page, "Sections").or(heading(page, "Discover")).or(heading(page, "Daemon"))
      .waitFor();
    await page.keyboard.press(key);
    await heading(page, name).waitFor();
    assert.equal(new URL(page.url()).hash, `#/${hash}`);
    assert.equal(await page.getByRole("link", { name, exact: true }).getAttribute("aria-current"),
      "page");
  }
  await page.getByRole("link", { name: "Daemon" }).click();
  await heading(page, "Daemon").waitFor();
  await page.goBack();
  await heading(page, "Sections").waitFor();
});

test("the keys are listed, and the list goes with Escape", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("2");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await heading(page, "Sections").waitFor();
});

test("the first Tab leads past the head", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
  await heading(page, "Sections").waitFor();
});

test("colours follow the system until they are chosen, and the choice is kept", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  const isDark = () => page.evaluate(() => {
    const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g);
    return Number(red) < 80;
  });
  await page.emulateMedia({ colorScheme: "dark" });
  await until(isDark, "dark as the system is");
  await page.emulateMedia({ colorScheme: "light" });
  await until(async () => !(await isDark()), "light as the system is");
  await page.keyboard.press("t");
  await page.keyboard.press("t");
  await until(isDark, "dark as chosen");
  await page.reload();
  await heading(page, "Sections").waitFor();
  await until(isDark, "still dark");
  await page.getByRole("button", { name: /^Colours/ }).click();
  await until(async () => !(await isDark()), "light as the system is");
});

test("what the page's policy forbids does not happen", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    const results = [];
    try {
      script.textContent = "globalThis.ran = true";
    } catch (error) {
      results.push(error.name);
    }
    document.body.append(script);
    try {
      document.body.insertAdjacentHTML("beforeend", "<b>markup</b>");
    } catch (error) {
      results.push(error.name);
    }
    results.push(await fetch("http://127.0.0.2:9/").catch((error) => error.name));
    return [globalThis.ran, results];
  });
  assert.deepEqual(ran, [undefined, ["TypeError", "TypeError", "TypeError"]]);
  await until(() => page.faults.length > 0, "Chromium says so, too");
  page.removeAllListeners("console"); // it may have more to say
  page.faults.length = 0;
});
