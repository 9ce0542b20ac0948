// generate.mjs heyapi|fetch DOCUMENT FOLDER: makes a client for an OpenAPI document, checks the types
// of the program that uses it, and compiles both to FOLDER/js.

import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));

async function makeHeyapi(document, folder) {
    const { createClient } = await import('@hey-api/openapi-ts');
    await createClient({
        input: document,
        output: { path: join(folder, 'made'), tsConfigPath: 'off' },
        plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
        logs: { level: 'silent' },
    });
}

async function makeFetch(document, folder) {
    const { astToString, default: openapiTypescript } = await import('openapi-typescript');
    const ast = await openapiTypescript(readFileSync(document, 'utf8'));
    mkdirSync(join(folder, 'made'));
    writeFileSync(join(folder, 'made/schema.d.ts'), astToString(ast));
}

function compile(file, folder) {
    const program = ts.createProgram([file], {
        strict: true,
        skipLibCheck: true,
        module: ts.ModuleKind.CommonJS,
        moduleResolution: ts.ModuleResolutionKind.Node10,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
        types: ['node'],
        esModuleInterop: true,
        rootDir: folder,
        outDir: join(folder, 'js'),
    });
    const found = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
    process.stdout.write(ts.formatDiagnostics(found, ts.createCompilerHost({})));
    process.exitCode = found.length > 0 ? 1 : 0;
}

const [, , kind, document, folder] = process.argv;
mkdirSync(folder, { recursive: true });
symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
for (const name of ['story.ts', `${kind}.ts`]) copyFileSync(join(here, name), join(folder, name));
await { heyapi: makeHeyapi, fetch: makeFetch }[kind](document, folder);
compile(join(folder, `${kind}.ts`), folder);
