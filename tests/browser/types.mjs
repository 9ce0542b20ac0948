// The dashboard's types fit, strictly.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import test from "node:test";
import { SOURCE } from "./lib/build.mjs";

test("the dashboard's types fit", () => {
  const compiler = path.join(SOURCE, "tests/browser/node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(compiler, ["--project", path.join(SOURCE, "web")]);
  assert.equal(status, 0, String(stdout));
});
