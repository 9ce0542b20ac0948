// Starts and stops a sectiond, and asks it things over its API.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { SECTIOND, nativePath, start, temporaryFolder } from "./build.mjs";

const READY = /sectiond ready (http:\/\/127\.0\.0\.1:(\d+)) pid=(\d+)/;

export class Daemon {
  /** A daemon with a state folder of its own, which ends with the test. */
  static async start(t, ...options) {
    const daemon = new Daemon();
    daemon.state = await temporaryFolder(t);
    daemon.options = options;
    t.after(() => daemon.stop());
    await daemon.#launch("127.0.0.1:0");
    return daemon;
  }

  async #launch(listen) {
    const args = ["--state-dir", nativePath(this.state), "--listen", listen, "--grace", "1"];
    this.process = start(SECTIOND, [...args, ...this.options], ["ignore", "pipe", "pipe"]);
    this.log = "";
    this.process.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
    const lines = readline.createInterface({ input: this.process.stdout });
    const [line] = await Promise.race([
      once(lines, "line"),
      once(this.process, "exit").then(() => [`it ended: ${this.log}`]),
    ]);
    const ready = READY.exec(line);
    assert.ok(ready, `no ready line but ${line}`);
    [, this.url, this.port, this.pid] = ready;
    const file = path.join(this.state, "token");
    this.token = (await readFile(file, "utf8").catch(() => "")).trim().split(/\s+/).pop();
  }

  /** Promises an address that opens the dashboard, once. */
  get address() {
    return this.json("POST", "/v1/codes").then(({ url }) => url);
  }

  /** The address of the page that shows a section by its number, which is this start's. */
  async addressOf(id) {
    return `${this.url}/#/section/${(await this.json("GET", "/v1/info")).instance}.${id}`;
  }

  /** What sectiond --url prints. */
  async printUrl() {
    const args = ["--state-dir", nativePath(this.state), "--listen", `127.0.0.1:${this.port}`, "--url"];
    const printing = start(SECTIOND, args, ["ignore", "pipe", "inherit"]);
    const [line] = await once(readline.createInterface({ input: printing.stdout }), "line");
    return line;
  }

  /** Ends it; with "SIGKILL" as a crash does. */
  async stop(signal = "SIGINT") {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, "exit");
    }
    assert.doesNotMatch(this.log, /(ERROR|WARNING): \w+Sanitizer|runtime error:/);
    assert.ok(!this.token || !this.log.includes(this.token), "the log has the token");
  }

  /** Starts it again where it was. */
  async restart() {
    await this.stop();
    await this.#launch(`127.0.0.1:${this.port}`);
  }

  async startAgain() {
    await this.#launch(`127.0.0.1:${this.port}`);
  }

  async request(method, target, body, headers = {}) {
    const response = await fetch(this.url + target, {
      method, body, headers: { Authorization: `Bearer ${this.token}`, ...headers },
    });
    assert.ok(response.ok, `${method} ${target}: ${response.status}`);
    return response;
  }

  async json(method, target, document) {
    const response = await this.request(
      method, target, document && JSON.stringify(document),
      document ? { "Content-Type": "application/json" } : {});
    return response.status === 204 ? null : response.json();
  }

  create(document = {}) {
    return this.json("POST", "/v1/sections", { size: 4096, ...document });
  }

  async sections() {
    return (await this.json("GET", "/v1/sections")).sections;
  }

  async read(id, offset, length) {
    const target = `/v1/sections/${id}/data?offset=${offset}&length=${length}`;
    return Buffer.from(await (await this.request("GET", target)).arrayBuffer());
  }

  async write(id, offset, bytes) {
    await this.request("PUT", `/v1/sections/${id}/data?offset=${offset}`, bytes);
  }
}
