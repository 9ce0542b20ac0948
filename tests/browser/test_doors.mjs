// What a browser gives away: to whoever listens where the daemon did, and to whoever reads its files.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import test from "node:test";
import { chromium } from "playwright-core";
import { temporaryFolder, until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { CHROMIUM, openPage } from "./lib/page.mjs";

const LISTEN_ELSEWHERE = "127.0.0.2";

const heading = (page, name) => page.getByRole("heading", { name, exact: true });

/** A stranger's server, which keeps all that it is told; `page` is what it answers with. */
async function startHarvest(t, port, address, page = "{}") {
  const heard = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += bytes)).on("end", () => {
      heard.push(`${request.url}\n${JSON.stringify(request.headers)}\n${body}`);
      response.writeHead(200, { "Content-Type": "text/html" }).end(page);
    });
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(port, address);
  await once(server, "listening");
  return {
    heard,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** All that could be a token or a code in what was kept: latin-1, and each way to pair for UTF-16. */
function secretsIn(buffers) {
  const found = new Set();
  for (const buffer of buffers) {
    for (const text of [buffer.toString("latin1"), buffer.toString("utf16le"),
      buffer.subarray(1).toString("utf16le")]) {
      for (const [word] of text.matchAll(/[0-9a-f]{32,}/gi)) {
        for (const length of [32, 64]) {
          for (let at = 0; at + length <= word.length; at++) {
            found.add(word.slice(at, at + length));
          }
        }
      }
    }
  }
  return [...found];
}

/** Those that the daemon takes: as a token, or as a code. */
async function openingDoors(daemon, secrets) {
  const open = [];
  for (const secret of secrets) {
    const asToken = await fetch(`${daemon.url}/v1/info`, {
      headers: { Authorization: `Bearer ${secret}` },
    });
    const asCode = await fetch(`${daemon.url}/v1/codes/redeem`, {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: secret }),
    });
    if (asToken.ok || asCode.ok) {
      open.push(secret);
    }
  }
  return open;
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((each) => each.isFile())
    .map((each) => readFile(path.join(each.parentPath ?? each.path, each.name))));
}

test("who listens at both addresses while the daemon is stopped gets nothing from an open page", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  await daemon.stop();
  const harvests = [await startHarvest(t, daemon.port, "127.0.0.1"),
    await startHarvest(t, daemon.port, "::1")];
  const heard = () => harvests.flatMap((each) => each.heard);
  await until(() => heard().some((each) => each.includes("Bearer ")), "the page asks the stranger");
  await Promise.all(harvests.map((each) => each.close()));
  await daemon.startAgain();
  const secrets = secretsIn(heard().map((each) => Buffer.from(each)));
  assert.ok(secrets.length > 0);
  assert.ok(!heard().some((each) => each.includes(daemon.token)));
  assert.deepEqual(await openingDoors(daemon, secrets), []);
  await heading(page, "This page's session has ended").waitFor();
});

test("who listens on another address of the loopback gets nothing while the daemon runs", async (t) => {
  const daemon = await Daemon.start(t);
  const page = await openPage(t, daemon.address);
  await heading(page, "Sections").waitFor();
  const harvest = await startHarvest(
    t, daemon.port, LISTEN_ELSEWHERE, "<!doctype html><title>stranger</title>");
  await assert.rejects(startHarvest(t, daemon.port, "::1"), { code: "EADDRINUSE" });
  const stranger = await page.context().newPage();
  await stranger.goto(`http://${LISTEN_ELSEWHERE}:${daemon.port}/`);
  const got = await stranger.evaluate(async () => {
    const heard = [];
    const others = new BroadcastChannel("sectiond-session");
    others.onmessage = ({ data }) => heard.push(data);
    others.postMessage({ kind: "ask" });
    await new Promise((done) => setTimeout(done, 500)); // nothing comes: there is no sign of that
    return JSON.stringify([heard, { ...sessionStorage }, { ...localStorage }, document.cookie]);
  });
  assert.equal(got, '[[],{},{},""]');
  assert.deepEqual(secretsIn(harvest.heard.map((each) => Buffer.from(each))), []);
});

test("nothing in the browser's profile opens the daemon after its end, and no code ever twice", async (t) => {
  const daemon = await Daemon.start(t);
  const folder = await temporaryFolder(t);
  const context = await chromium.launchPersistentContext(folder, CHROMIUM);
  const page = context.pages()[0] ?? await context.newPage();
  const address = await daemon.printUrl();
  await page.goto(address);
  await heading(page, "Sections").waitFor();
  await page.reload();
  await heading(page, "Sections").waitFor();
  const session = await page.evaluate(() => sessionStorage.getItem("sectiond-session"));
  await context.close();
  const files = await filesBelow(folder);
  const has = (text) => files.some((each) => each.includes(text) ||
    each.includes(Buffer.from(text, "utf16le")));
  const code = address.split("#code=")[1];
  assert.ok(has(code), "the search finds what is there: the address stands in the history");
  assert.ok(!has(daemon.token), "the daemon's own token never was in the browser");
  const secrets = secretsIn(files);
  assert.ok(secrets.includes(code));
  assert.deepEqual((await openingDoors(daemon, secrets)).filter((each) => each !== session), [],
    "no code opens twice");
  await daemon.restart();
  assert.deepEqual(await openingDoors(daemon, [...secrets, session]), [],
    "nothing opens the daemon that was started anew");
});
