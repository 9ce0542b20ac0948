// The page around the views.
import assert from "node:assert/strict";
import test from "node:test";
import { Daemon } from "./lib/daemon.mjs";
import { openPage } from "./lib/page.mjs";

test("the page opens with its token and takes it out of the address bar", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await page.getByRole("heading", { name: "sectiond" }).waitFor();
  assert.equal(await page.title(), "sectiond");
});
