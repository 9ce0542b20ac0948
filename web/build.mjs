// Bundles the dashboard: node build.mjs --out FOLDER [--embed FILE.c] [--watch]
//   --out     gets index.html and assets/, which sectiond --web-dir FOLDER serves
//   --embed   also writes them as the C table that server/daemon/dashboard.h declares, and FILE.c.d
//   --watch   stays, and builds anew at each change: readable, with source maps
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const GZIPPED_BYTES_MAX = 100 * 1024;
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    embed: { type: "string" },
    watch: { type: "boolean", default: false },
  },
});
if (!options.out) {
  console.error("usage: node build.mjs --out FOLDER [--embed FILE.c] [--watch]");
  process.exit(2);
}

const bundle = {
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx", icon: "src/icon.svg" },
  entryNames: options.watch ? "[name]" : "[name]-[hash]",
  outdir: path.resolve(options.out, "assets"),
  bundle: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".svg": "copy" },
  minify: !options.watch,
  sourcemap: options.watch ? "linked" : false,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
};

/** Writes index.html, which names the assets as they are called now. */
async function writePage(metafile) {
  const names = Object.keys(metafile.outputs).map((file) => path.basename(file));
  const nameOf = (start, extension) =>
    names.find((name) => name.startsWith(start) && name.endsWith(extension));
  const template = await readFile(path.join(here, "src/index.html"), "utf8");
  const page = template
    .replace("{{icon}}", `assets/${nameOf("icon", ".svg")}`)
    .replace("{{style}}", `assets/${nameOf("app", ".css")}`)
    .replace("{{script}}", `assets/${nameOf("app", ".js")}`);
  await writeFile(path.join(options.out, "index.html"), page);
}

const pageWriter = {
  name: "page",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length === 0) {
        await writePage(result.metafile);
      }
    });
  },
};

/** The files of the bundle as {path, type, bytes, gzipped}, the page under "/". */
async function readAssets() {
  const names = (await readdir(path.join(options.out, "assets"))).sort();
  const files = [["/", "index.html"], ...names.map((name) => [`/assets/${name}`, `assets/${name}`])];
  return Promise.all(
    files.map(async ([address, file]) => {
      const bytes = await readFile(path.join(options.out, file));
      const type = TYPES[path.extname(file)];
      if (!type) {
        throw new Error(`${file}: what media type has it?`);
      }
      return { address, type, bytes, gzipped: gzipSync(bytes, { level: 9 }) };
    }),
  );
}

function toArray(name, bytes) {
  const lines = [];
  for (let i = 0; i < bytes.length; i += 24) {
    lines.push(`    ${[...bytes.subarray(i, i + 24)].join(",")},`);
  }
  return `static const unsigned char ${name}[] = {\n${lines.join("\n")}\n};\n`;
}

async function writeTable(assets) {
  const arrays = assets.flatMap((asset, i) => [
    toArray(`bytes_${i}`, asset.bytes),
    toArray(`gzipped_${i}`, asset.gzipped),
  ]);
  const rows = assets.map((asset, i) => {
    const etag = createHash("sha256").update(asset.bytes).digest("hex").slice(0, 32);
    return (
      `    {"${asset.address}", "${asset.type}", "\\"${etag}\\"",\n` +
      `     bytes_${i}, sizeof bytes_${i}, gzipped_${i}, sizeof gzipped_${i}},`
    );
  });
  const source =
    `/* Made by web/build.mjs. */\n#include "daemon/dashboard.h"\n\n${arrays.join("\n")}\n` +
    `const dashboard_asset dashboard_assets[] = {\n${rows.join("\n")}\n};\n` +
    `const size_t dashboard_asset_count = ${assets.length};\n`;
  await writeFile(options.embed, source);
}

/** What the table was made from, as make and ninja read it. */
async function writeDepfile(metafile) {
  const inputs = Object.keys(metafile.inputs).map((file) => path.resolve(here, file));
  const escape = (name) => name.replaceAll(" ", "\\ ");
  await writeFile(`${options.embed}.d`,
    `${escape(options.embed)}: ${inputs.map(escape).join(" \\\n  ")}\n`);
}

await rm(options.out, { recursive: true, force: true });
await mkdir(options.out, { recursive: true });
if (options.watch) {
  const context = await esbuild.context({ ...bundle, logLevel: "info", plugins: [pageWriter] });
  await context.watch();
} else {
  const { metafile } = await esbuild.build({ ...bundle, plugins: [pageWriter] });
  const assets = await readAssets();
  const total = assets.reduce((sum, asset) => sum + asset.gzipped.length, 0);
  if (total > GZIPPED_BYTES_MAX) {
    throw new Error(`the dashboard has ${total} bytes gzipped, over ${GZIPPED_BYTES_MAX}`);
  }
  if (options.embed) {
    await writeTable(assets);
    await writeDepfile(metafile);
  }
}
