// What a native process stores is seen at once, and costs the page little.
import assert from "node:assert/strict";
import test from "node:test";
import { LONG, until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import {
  clickByte, clipboard, expectRow, flashingPoints, goToOffset, openMemory, openShared, pointsOf,
  rowAt, showSection,
} from "./lib/memory.mjs";
import { openPage } from "./lib/page.mjs";
import { Peer } from "./lib/peer.mjs";

test("a store of the native process flashes and fades", async (t) => {
  const { page, peer } = await openShared(t);
  await expectRow(page, 0x20, Array(16).fill("00").join(" "));
  assert.equal(await flashingPoints(page), 0);
  let byte = 0;
  await until(async () => {
    byte = (byte % 255) + 1;
    await peer.write("a", [byte, 0xcd], 0x2e);
    return (await flashingPoints(page)) > 0;
  }, "the change flashes");
  const last = byte.toString(16).padStart(2, "0");
  await expectRow(page, 0x20, `00 00 00 00 00 00 00 00 00 00 00 00 00 00 ${last} cd`);
  await until(async () => (await flashingPoints(page)) === 0, "it fades");
});

/** Which shares of the strip are warm. */
async function warmPlaces(page) {
  const points = await pointsOf(page, ".mem-heat");
  const height = points.length / 4;
  return Array.from({ length: height }, (_, i) => i).filter((i) => points[4 * i + 3] > 0)
    .map((i) => i / height);
}

test("the heat map shows where it changes, also where nobody looks", async (t) => {
  const { page, peer } = await openShared(t, { size: 65536 });
  let byte = 0;
  await until(async () => {
    // Each is another value: what the stream's first bytes have in them already is no change.
    byte = byte % 255 + 1;
    await peer.write("a", [byte], 49152);
    return (await warmPlaces(page)).length > 0;
  }, "the heat map is warm");
  assert.deepEqual(await warmPlaces(page), [0.75]);
});

test("of a large section the visible part is live, wherever one goes", async (t) => {
  const { page, peer } = await openShared(t, { size: 16 * 1024 * 1024 });
  for (const offset of [0, 8 * 1024 * 1024 + 64, 16 * 1024 * 1024 - 16]) {
    await goToOffset(page, String(offset));
    await until(() => rowAt(page, offset), "it is visible");
    let byte = 0;
    await until(async () => {
      // Each is another value, so that one that came before the stream did cannot pass for it.
      byte = byte % 255 + 1;
      await peer.write("a", [byte], offset);
      return (await flashingPoints(page)) > 0;
    }, `changes at ${offset} are seen`);
    await until(async () =>
      parseInt((await rowAt(page, offset)).hex, 16) === byte, "the last value is shown");
  }
});

test("a section that is closed says so, and keeps what was last seen", async (t) => {
  const { page, daemon, section } = await openMemory(t, { bytes: Buffer.from("last words") });
  await expectRow(page, 0, "6c 61 73 74 20 77 6f 72 64 73 00 00 00 00 00 00");
  await daemon.json("DELETE", `/v1/sections/${section.id}`);
  await page.getByText("The section was closed.").waitFor();
  await expectRow(page, 0, "6c 61 73 74 20 77 6f 72 64 73 00 00 00 00 00 00");
});

test("what the native process may only read cannot be edited, and that is said", async (t) => {
  const daemon = await Daemon.start(t);
  const peer = await Peer.start(t);
  const { handle } = await peer.command("create-readonly", "r", "-", 4096);
  const section = await daemon.json("POST", "/v1/sections/duplicate", { pid: peer.pid, handle });
  const page = await openPage(t, daemon.address);
  await showSection(page, daemon, section.id);
  await clickByte(page, 0);
  await page.keyboard.type("41");
  await page.getByText("opened for reading only").waitFor();
  assert.equal((await peer.read("r", 1, 0))[0], 0);
  assert.ok(await page.getByLabel("u8", { exact: true }).isEditable() === false);
});

test("a hostile name is text in the view, too", async (t) => {
  const daemon = await Daemon.start(t);
  const name = "<img src=x onerror=alert(1)>\u202etxt.exe" + "A".repeat(120);
  const section = await daemon.create({ name });
  const page = await openPage(t, daemon.address);
  page.on("dialog", () => page.faults.push("a dialog"));
  await showSection(page, daemon, section.id);
  await page.getByRole("application", { name: `Bytes of ${name}` }).waitFor();
  assert.equal(await page.locator("img").count(), 0);
  await clickByte(page, 0);
  await page.getByRole("button", { name: "C array" }).click();
  await page.getByText("Copied 1 byte as C array.").first().waitFor();
  assert.match(await clipboard(page), /^static const unsigned char img_src_x_onerror_alert_1_txt_exeA+\[1\] = /);
});

/** Seconds of processor that the page's process has taken so far. */
async function processorTime(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const pages = processInfo.filter((each) => each.type === "renderer");
  return Math.max(...pages.map((each) => each.cpuTime));
}

/** What lives in the page after a collection: bytes of the heap, and nodes. */
async function footprint(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes } = await session.send("Memory.getDOMCounters");
  return { usedSize, nodes };
}

const SPELL_MS = 4000;

/** The share of a core that the page takes for some seconds, and how often it changes meanwhile. */
async function measureSpell(session, count) {
  const [at, taken, changes] = [performance.now(), await processorTime(session), count()];
  await until(() => performance.now() - at > SPELL_MS, "some seconds of changes");
  const used = (await processorTime(session)) - taken;
  const elapsed = (performance.now() - at) / 1000;
  return { share: used / elapsed, rate: (count() - changes) / elapsed };
}

const percent = (spells) => {
  const shares = spells.map(({ share }) => Math.round(100 * share));
  return `${Math.min(...shares)} to ${Math.max(...shares)}`;
};

test("60 changes a second on 4 KiB take under half a core, and no more memory with time", async (t) => {
  const { page, peer } = await openShared(t);
  const browserSession = await page.context().browser().newBrowserCDPSession();
  const session = await page.context().newCDPSession(page);
  const seconds = LONG ? 600 : 12;
  let changes = 0;
  let running = true;
  const writing = (async () => {
    const bytes = Buffer.alloc(4096);
    const started = performance.now();
    while (running) {
      // A few values all over the place, and one time in eight the whole of it.
      for (let i = 0; i < (changes % 8 === 0 ? 4096 : 64); i++) {
        bytes[changes % 8 === 0 ? i : Math.floor(Math.random() * 4096)] = Math.random() * 256;
      }
      await peer.write("a", bytes);
      changes++;
      const due = started + (changes * 1000) / 60;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
  })();
  t.after(() => (running = false));
  // Its first seconds are not like the rest: caches fill, code is compiled.
  await until(() => changes > 180, "three seconds of changes");
  const before = await footprint(session);
  // Whoever else computes meanwhile makes the same work take longer: the best of several spells.
  const spells = [];
  const started = performance.now();
  while (performance.now() - started < seconds * 1000) {
    spells.push(await measureSpell(browserSession, () => changes));
  }
  const share = Math.min(...spells.map((each) => each.share));
  const rate = spells.reduce((sum, each) => sum + each.rate, 0) / spells.length;
  const after = await footprint(session);
  running = false;
  await writing;
  const growth = after.usedSize - before.usedSize;
  t.diagnostic(`${rate.toFixed(1)} changes/s, ${percent(spells)} % of a core, ` +
    `heap ${before.usedSize} → ${after.usedSize}, nodes ${before.nodes} → ${after.nodes}`);
  assert.ok(share < 0.5, `${share} of a core at ${rate} changes a second`);
  assert.ok(growth < 1024 * 1024, `the heap grew by ${growth} bytes`);
  assert.ok(after.nodes < before.nodes + 2000, `${before.nodes} nodes became ${after.nodes}`);
});
