// Runs the tests of the dashboard's pure logic, web/src/**/*.test.ts: node unit.mjs FOLDER bundles
// them into FOLDER, and node runs what is there.
import { createRequire } from "node:module";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { SOURCE } from "./lib/build.mjs";

const web = path.join(SOURCE, "web");
const esbuild = createRequire(path.join(web, "package.json"))("esbuild");
const folder = path.resolve(process.argv[2] ?? path.join(SOURCE, "build/unit"));

const files = (await readdir(path.join(web, "src"), { recursive: true }))
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => path.join(web, "src", file));
const { metafile } = await esbuild.build({
  entryPoints: files, outdir: folder, outbase: path.join(web, "src"), bundle: true,
  platform: "node", format: "esm", outExtension: { ".js": ".mjs" }, metafile: true,
  jsx: "automatic", jsxImportSource: "preact", loader: { ".css": "empty" },
});
for (const output of Object.keys(metafile.outputs)) {
  await import(pathToFileURL(path.resolve(output)).href);
}
