// The page around the views: the session, the connection, keys, looks.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { rowAt } from "./lib/memory.mjs";
import { openPage } from "./lib/page.mjs";
import { freshName } from "./lib/peer.mjs";

const heading = (page, name) => page.getByRole("heading", { name, exact: true });

const NO_SESSION = "This page has no session yet";
const ENDED = "This page's session has ended";

test("the address of --url opens the page, and the code leaves the address bar", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, await daemon.printUrl());
  await heading(page, "Sections").waitFor();
  assert.equal(page.url(), `${daemon.url}/#/sections`);
  assert.equal(await page.evaluate(() => history.length), 2, "nor does the history have it");
  await page.reload();
  await heading(page, "Sections").waitFor();
  await page.locator(".connection-connected").getByText(daemon.url.slice(7)).waitFor();
});

test("the daemon's token never enters the page", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  const held = await page.evaluate(() => JSON.stringify([{ ...sessionStorage },
    { ...localStorage }, document.cookie, document.documentElement.outerHTML]));
  assert.ok(!held.includes(daemon.token));
  assert.deepEqual(await page.evaluate(() => [document.cookie, localStorage.length]), ["", 0]);
});

test("other tabs share the session, those that are opened later as well", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.url);
  await heading(page, NO_SESSION).waitFor();
  const second = await page.context().newPage();
  await second.goto(await daemon.address);
  await heading(second, "Sections").waitFor();
  await heading(page, "Sections").waitFor();
  const third = await page.context().newPage();
  await third.goto(daemon.url);
  await heading(third, "Sections").waitFor();
});

test("without a session the page says what to do, and takes an address or a code", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.url);
  await heading(page, NO_SESSION).waitFor();
  await page.getByText("sectiond --url").waitFor();
  for (const wrong of ["x".repeat(43), "0".repeat(32), daemon.token]) {
    await page.getByLabel("Address or code").fill(wrong);
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
  }
  await page.getByLabel("Address or code").fill(` ${await daemon.address}\n`);
  await page.getByRole("button", { name: "Open the dashboard" }).click();
  await heading(page, "Sections").waitFor();
  await page.reload();
  await heading(page, "Sections").waitFor();
  const fresh = await openPage(t, daemon.url);
  await heading(fresh, NO_SESSION).waitFor();
  await fresh.keyboard.type((await daemon.address).split("#code=")[1]);
  await fresh.keyboard.press("Enter");
  await heading(fresh, "Sections").waitFor();
});

test("an address works once", async (t) => {
  const daemon = await Daemon.start(t);
  const address = await daemon.address;
  await heading(await openPage(t, address), "Sections").waitFor();
  const other = await openPage(t, address);
  await heading(other, NO_SESSION).waitFor();
  await other.goto(await daemon.address);
  await heading(other, "Sections").waitFor();
});

test("a link with a wrong code does not take the session away", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await page.getByText("No sections yet").waitFor();
  for (const wrong of ["z".repeat(43), "%", "%00", "", "a b"]) {
    await page.evaluate((text) => (location.hash = `#code=${text}`), wrong);
    await until(() => page.evaluate(() => location.hash === "#/sections"), "out of the address");
    const { id } = await daemon.create({ label: `after ${wrong.length} characters` });
    await page.getByText(`after ${wrong.length} characters`).waitFor();
    await daemon.json("DELETE", `/v1/sections/${id}`);
    await page.getByText("No sections yet").waitFor();
  }
  const fresh = await openPage(t, `${daemon.url}/#code=%`);
  await heading(fresh, NO_SESSION).waitFor();
});

test("a daemon without a token is simply there", async (t) => {
  const daemon = await Daemon.start(t, "--no-token");
  const page = await openPage(t, daemon.url);
  await heading(page, "Sections").waitFor();
});

test("after a restart the page says how to come back, and goes on without a reload", async (t) => {
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
    await heading(page, ENDED).waitFor();
    assert.equal(await page.getByText("The daemon does not answer").count(), 0);
    await page.getByText("sectiond --url").waitFor();
    await page.getByLabel("Address or code").fill(await daemon.address);
    await page.keyboard.press("Enter");
    await daemon.create({ name });
    await page.getByText(name).waitFor();
  }
  assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
});

test("a daemon without a token comes back by itself", async (t) => {
  const daemon = await Daemon.start(t, "--no-token");
  const page = await openPage(t, daemon.url);
  await page.getByText("No sections yet").waitFor();
  const name = freshName();
  await daemon.restart();
  await daemon.create({ name });
  await page.getByText(name).waitFor();
});

test("who looks at memory when the daemon restarts is told, and looks on without a reload", async (t) => {
  const daemon = await Daemon.start(t);
  const name = freshName();
  await daemon.create({ name });
  const page = await openPage(t, daemon.address);
  await page.getByRole("link", { name }).click();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
  await daemon.stop("SIGKILL");
  await page.getByText("The daemon does not answer").waitFor();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
  await daemon.startAgain();
  await heading(page, ENDED).waitFor();
  // In another tab, as the browser opens it.
  const other = await page.context().newPage();
  await other.goto(await daemon.address);
  await page.getByText("Nothing has that name").waitFor();
  const again = await daemon.create({ name });
  await page.getByRole("link", { name: "All sections" }).click();
  await page.getByRole("link", { name }).click();
  await page.getByRole("tab", { name: "Hex" }).waitFor();
  await daemon.write(again.id, 0, Buffer.from("afterwards"));
  await until(async () => (await rowAt(page, 0))?.text.startsWith("afterwards"), "it is shown live");
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
