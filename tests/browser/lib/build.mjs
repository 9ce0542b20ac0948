// Which build is under test, and how its programs are started: see tests/api/support/build.py.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const SOURCE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const BUILD = path.resolve(process.env.SECTIOND_BUILD ?? path.join(SOURCE, "build/dev"));
export const ON_WINDOWS = existsSync(path.join(BUILD, "server/sectiond.exe"));
export const LONG = process.env.SECTIOND_LONG === "1";
/** The encoding of a TCHAR or wchar_t string of the platform. */
export const WIDE = ON_WINDOWS ? "utf-16le" : "utf-32le";

const ending = ON_WINDOWS ? ".exe" : "";
export const SECTIOND = path.join(BUILD, `server/sectiond${ending}`);
export const PEER = path.join(BUILD, `tests/peers/peer${ending}`);

const environment = {
  WINEPREFIX: path.join(BUILD, "wineprefix"),
  WINEDEBUG: "-all",
  ASAN_OPTIONS: "quarantine_size_mb=1:detect_leaks=1",
  ...process.env,
};
// The default Unix socket is the user's own daemon's.
if (!ON_WINDOWS) {
  delete environment.XDG_RUNTIME_DIR;
}

/** A path of this machine as the programs under test spell it. */
export function nativePath(file) {
  return ON_WINDOWS ? `Z:${file.replaceAll("/", "\\")}` : file;
}

/** Starts a program of the build. */
export function start(program, args, stdio) {
  const line = ON_WINDOWS ? ["wine", program, ...args] : [program, ...args];
  return spawn(line[0], line.slice(1), { stdio, env: environment });
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sectiond-browser-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits for a condition, and fails naming it. Gives what the condition gave. */
export async function until(condition, what, timeout_ms = 30_000) {
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${timeout_ms} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
