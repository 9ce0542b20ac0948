// A hostile page, in every place that one can stand, tries every route in every way. The daemon has
// no token, so that nothing but its checks of the sender stands between the page and the memory.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import test from "node:test";
import { chromium } from "playwright-core";
import { attack } from "./lib/attacks.mjs";
import { LONG, until } from "./lib/build.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { HEADLESS } from "./lib/page.mjs";
import { freshName } from "./lib/peer.mjs";

const SECRET = "secret bytes that no page may see";
const PAGE = "<!doctype html><title>hostile</title><body>hostile</body>";
const PAGE_PATH = "/hostile-page";
const REBOUND_ADDRESS = "127.0.0.2";
const METHODS = ["get", "put", "post", "patch", "delete"];
const TIMEOUT_MS = 300_000;

const LAYOUT = { fields: [{ name: "secret", type: "string", bytes: 64 }] };

/** A daemon that logs each request, and holds a section with a secret, and a layout for it. */
async function startTarget(t, ...options) {
  const daemon = await Daemon.start(t, "--log-level", "debug", ...options);
  const section = await daemon.create({ name: freshName(), label: "the target" });
  await daemon.write(section.id, 0, SECRET);
  await daemon.json("PUT", "/v1/layouts/target", LAYOUT);
  await daemon.json("PATCH", `/v1/sections/${section.id}`, { layout: "target" });
  return { daemon, section };
}

/** Every operation of /openapi.json, with what it takes to succeed. */
async function listRoutes(daemon, section) {
  const bodies = {
    "/v1/sections": { size: 4096, label: "made by a page" },
    "/v1/sections/open": { name: section.name, label: "made by a page" },
    "/v1/sections/duplicate": { pid: section.pid, handle: section.handle, label: "by a page" },
    "/v1/sections/{id}": { label: "changed by a page" },
    "/v1/sections/{id}/fields": { secret: "written by a page" },
    "/v1/layouts/{name}": { title: "made by a page", ...LAYOUT },
    "/v1/sections/{id}/fill": { offset: 0, length: 8, byte: 1 },
    "/v1/sections/{id}/copy": { from: section.id, from_offset: 100, offset: 0, length: 8 },
    "/v1/sections/{id}/values": { values: [1] },
    "/v1/sections/{id}/atomic": { op: "store", type: "u32", offset: 0, value: "1" },
    "/v1/events": { watch: [{ id: section.id, offset: 0, length: 8 }] },
    "/v1/codes/redeem": { code: "00112233445566778899aabbccddeeff" },
    "/v1/batch": { ops: [{ op: "write", id: section.id, offset: 0, data: "AAAA" }] },
  };
  const values = {
    encoding: "utf-8", type: "u8", watch: `${section.id}:0:8`, id: String(section.id),
    pid: String(section.pid), asset: "app.js", name: "target",
  };
  const { paths } = await daemon.json("GET", "/openapi.json");
  const routes = [];
  for (const [pattern, operations] of Object.entries(paths)) {
    for (const method of METHODS.filter((each) => operations[each])) {
      const operation = operations[method];
      const required = operation.parameters.filter((each) => each.required);
      for (const { name } of required) {
        assert.ok(name in values, `${method} ${pattern}: a value for ${name} is needed here`);
      }
      const takesJson = operation.requestBody?.content["application/json"];
      assert.ok(!takesJson || pattern in bodies, `${pattern}: a body is needed here`);
      const path = pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
      const query = required.filter((each) => each.in === "query")
        .map(({ name }) => `${name}=${values[name]}`).join("&");
      routes.push({
        method: method.toUpperCase(), pattern, path: query ? `${path}?${query}` : path,
        body: takesJson ? JSON.stringify(bodies[pattern]) : "written by a page",
      });
    }
  }
  return routes;
}

async function listen(t, server, port, address) {
  server.listen(port, address);
  await once(server, "listening");
  t.after(() => server.close());
  return server.address().port;
}

/** A server of somebody else's, which has nothing but the page; `hear` gets what it refuses. */
function startHostile(t, hear = () => {}) {
  const server = http.createServer((request, response) => {
    const isPage = request.url === PAGE_PATH;
    response.writeHead(isPage ? 200 : 403, { "Content-Type": "text/html" }).end(PAGE);
    if (!isPage) {
      hear(request);
    }
  });
  t.after(() => server.closeAllConnections());
  return listen(t, server, 0, "127.0.0.1");
}

/**
 * A name that led to a hostile server when the page was asked for, and leads to the daemon since:
 * on the daemon's own port, since that belongs to the origin. What comes is passed on as it is.
 */
function startRebound(t, daemon) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("data", (first) => {
      if (first.toString("latin1").startsWith(`GET ${PAGE_PATH} `)) {
        socket.end("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n" +
          `Content-Length: ${PAGE.length}\r\n\r\n${PAGE}`);
        return;
      }
      const onward = net.connect(daemon.port, "127.0.0.1");
      sockets.add(onward);
      onward.on("error", () => socket.destroy()).write(first);
      socket.on("close", () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
  });
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  return listen(t, server, daemon.port, REBOUND_ADDRESS);
}

async function openHostilePage(t, address) {
  const browser = await chromium.launch({
    ...HEADLESS,
    args: [...HEADLESS.args, "--host-resolver-rules=" +
      `MAP evil.test 127.0.0.1, MAP rebound.test ${REBOUND_ADDRESS}`],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(address);
  assert.match(await page.content(), /hostile/);
  return page;
}

/** What pages asked: [method, path, status] of each line of the log since `start`. */
function requestsIn(log) {
  return [...log.matchAll(/ debug (\S+) (\S+) (\d+)( broken off)?$/gm)]
    .map(([, method, path, status]) => ({ method, path, status: Number(status) }));
}

const places = {
  "another port": async (t) => ({ address: `http://127.0.0.1:${await startHostile(t)}` }),
  "another site": async (t) => ({ address: `http://evil.test:${await startHostile(t)}` }),
  "a rebound name": async (t, daemon) => {
    const address = `http://rebound.test:${await startRebound(t, daemon)}`;
    return { address, base: address };
  },
};

// Each attacks every route in the long run; else one every route, and the others a half each.
const shares = {
  "another port": () => true,
  "another site": (index) => index % 2 === 0,
  "a rebound name": (index) => index % 2 === 1,
};

for (const [place, start] of Object.entries(places)) {
  const asksFor = shares[place];
  test(`a page of ${place} changes nothing and reads nothing`, async (t) => {
    const { daemon, section } = await startTarget(t, "--no-token");
    const routes = (await listRoutes(daemon, section)).filter((_, index) => LONG || asksFor(index));
    const { address, base = daemon.url } = await start(t, daemon);
    const page = await openHostilePage(t, address + PAGE_PATH);
    await until(() => daemon.log.includes("debug GET /openapi.json 200"), "the log up to here");
    const mark = daemon.log.length;
    const before = await daemon.sections();
    const layouts = await daemon.json("GET", "/v1/layouts");

    const seen = await page.evaluate(attack, { base, routes, timeout_ms: TIMEOUT_MS });

    for (const { way, url, status, text } of seen) {
      assert.ok([0, 400, 403].includes(status), `${way} ${url}: ${status} ${text}`);
      assert.ok(!text.includes(SECRET), `${way} ${url}: ${text}`);
    }
    assert.deepEqual(await daemon.sections(), before, "a page changed something");
    assert.deepEqual(await daemon.json("GET", "/v1/layouts"), layouts, "a page changed a layout");
    const bytes = await daemon.read(section.id, 0, 64);
    assert.equal(bytes.toString().replaceAll("\0", ""), SECRET);
    await until(() => daemon.log.includes(`debug GET /v1/sections/${section.id}/data 200`),
      "the log has our own request");
    const asked = requestsIn(daemon.log.slice(mark));
    const own = asked.filter(({ status }) => status === 200).map(({ path }) => path);
    assert.deepEqual(own, ["/v1/sections", "/v1/layouts", "/v1/sections", "/v1/layouts",
      `/v1/sections/${section.id}/data`], "ours alone");
    assert.deepEqual(new Set(asked.map(({ status }) => status)), new Set([200, 403]));
    // The attacks were real: each route was asked for, and many times.
    for (const { method, path } of routes) {
      const hits = asked.filter((each) => each.path === path.split("?")[0]);
      assert.ok(hits.length >= 5, `${path} was asked for ${hits.length} times`);
      assert.ok(hits.some((each) => each.method === method || each.method === "OPTIONS"),
        `${method} ${path}`);
    }
  });
}

test("where it is allowed, the same page changes and reads: the attacks are real", async (t) => {
  const port = await startHostile(t);
  const { daemon, section } = await startTarget(
    t, "--no-token", "--allow-origin", `http://127.0.0.1:${port}`);
  const routes = (await listRoutes(daemon, section)).filter(({ pattern }) =>
    ["/v1/sections/{id}/data", "/v1/sections/{id}/text", "/v1/sections"].includes(pattern));
  const page = await openHostilePage(t, `http://127.0.0.1:${port}${PAGE_PATH}`);
  const seen = await page.evaluate(
    attack, { base: daemon.url, routes, timeout_ms: TIMEOUT_MS });
  assert.ok(seen.some(({ text }) => text.includes(SECRET)), "a page of that origin reads");
  assert.match((await daemon.read(section.id, 0, 64)).toString(), /^written by a page/);
  assert.ok((await daemon.sections()).some(({ label }) => label === "made by a page"));
});

test("each way is a request of its own kind, as browsers name them", async (t) => {
  const heard = new Set();
  const port = await startHostile(t, ({ method, headers }) => {
    if (headers["sec-fetch-site"] === "cross-site") {
      heard.add(`${method} ${headers["sec-fetch-mode"]} ${headers["sec-fetch-dest"]}`);
    }
  });
  const page = await openHostilePage(t, `http://evil.test:${port}${PAGE_PATH}`);
  const routes = ["GET", "POST"].map((method) => ({ method, path: "/refused", body: "" }));
  await page.evaluate(
    attack, { base: `http://127.0.0.1:${port}`, routes, timeout_ms: TIMEOUT_MS });
  const expected = [
    "GET cors empty", "GET cors font", "GET navigate document", "GET navigate embed",
    "GET navigate iframe", "GET navigate object", "GET no-cors audio", "GET no-cors empty",
    "GET no-cors image", "GET no-cors script", "GET no-cors style", "GET no-cors video",
    "HEAD no-cors empty", "OPTIONS cors empty", "POST cors empty", "POST navigate document",
    "POST navigate iframe", "POST no-cors empty",
  ];
  await until(() => heard.size >= expected.length, "all are heard");
  assert.deepEqual([...heard].sort(), expected);
});

for (const place of ["another port", "another site"]) {
  test(`a page of ${place} may lead to the dashboard, and sees nothing of it`, async (t) => {
    const { daemon, section } = await startTarget(t, "--no-token");
    const { address } = await places[place](t, daemon);
    const page = await openHostilePage(t, address + PAGE_PATH);
    const opening = page.waitForEvent("popup");
    await page.evaluate((url) => void (globalThis.opened = window.open(url)), `${daemon.url}/`);
    await (await opening).getByRole("link", { name: section.name }).waitFor();
    const seen = await page.evaluate(() => {
      try {
        return globalThis.opened.document.body.innerText;
      } catch (error) {
        return error.name;
      }
    });
    assert.equal(seen, "SecurityError");
  });
}
