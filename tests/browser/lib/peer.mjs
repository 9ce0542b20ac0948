// Talks to the native peer program: one command a line, one reply line each; see tests/api/support/peers.py.
import assert from "node:assert/strict";
import { once } from "node:events";
import readline from "node:readline";
import { PEER, start } from "./build.mjs";

export class Peer {
  /** A native process that holds sections in slots until the test ends. */
  static async start(t) {
    const peer = new Peer();
    peer.process = start(PEER, [], ["pipe", "pipe", "inherit"]);
    peer.waiting = [];
    readline.createInterface({ input: peer.process.stdout })
      .on("line", (line) => peer.waiting.shift()?.(line))
      .on("close", () => {
        peer.hasEnded = true;
        peer.waiting.splice(0).forEach((answer) => answer("error: the peer has ended"));
      });
    t.after(() => peer.end());
    peer.pid = Number((await peer.command("pid")).pid);
    return peer;
  }

  async end() {
    this.process.stdin.end();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await once(this.process, "exit");
    }
  }

  /** The words of the reply as an object; throws where the peer's OS refused. */
  async command(...words) {
    assert.ok(!this.hasEnded, `${words.join(" ")}: the peer has ended`);
    const answer = new Promise((resolve) => this.waiting.push(resolve));
    this.process.stdin.write(`${words.join(" ")}\n`);
    const line = await answer;
    const [outcome, ...rest] = line.split(" ");
    assert.equal(outcome, "ok", `${words.join(" ")}: ${line}`);
    const text = rest.join(" ");
    return text.startsWith("text=")
      ? { text: text.slice(5) }
      : Object.fromEntries(rest.map((word) => word.split(/=(.*)/s, 2)));
  }

  create(slot, size, name) {
    return this.command("create", slot, name ?? "-", size);
  }

  open(slot, name) {
    return this.command("open", slot, name);
  }

  async writeText(slot, text, offset = 0) {
    await this.command("write-text", slot, offset, text);
  }

  async readText(slot, offset = 0) {
    return (await this.command("read-text", slot, offset)).text;
  }

  async write(slot, bytes, offset = 0) {
    await this.command("write-hex", slot, offset, Buffer.from(bytes).toString("hex"));
  }

  async read(slot, length, offset = 0) {
    return Buffer.from((await this.command("read-hex", slot, offset, length)).hex, "hex");
  }
}

let names = 0;
/** A section name that no other test uses. */
export function freshName() {
  return `browser-${process.pid}-${++names}`;
}
