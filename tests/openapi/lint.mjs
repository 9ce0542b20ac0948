// lint.mjs redocly|spectral DOCUMENT: prints what the recommended rules of one of the two find wrong
// with an OpenAPI document, a line each, and ends with 1 where that is anything.

import { readFileSync } from 'node:fs';

import redocly from '@redocly/openapi-core';
import spectralCore from '@stoplight/spectral-core';
import parsers from '@stoplight/spectral-parsers';
import rulesets from '@stoplight/spectral-rulesets';

async function byRedocly(text) {
    const config = await redocly.createConfig({ extends: ['recommended'] });
    const problems = await redocly.lintFromString({ source: text, config });
    return problems.map(
        ({ severity, ruleId, location, message }) =>
            `${severity}: ${ruleId} at ${location[0].pointer}: ${message}`,
    );
}

async function bySpectral(text) {
    const spectral = new spectralCore.Spectral();
    spectral.setRuleset({ extends: [[rulesets.oas, 'recommended']] });
    const problems = await spectral.run(new spectralCore.Document(text, parsers.Json));
    return problems.map(
        ({ severity, code, path, message }) =>
            `${severity === 0 ? 'error' : 'warn'}: ${code} at ${path.join('/')}: ${message}`,
    );
}

const [, , tool, path] = process.argv;
const problems = await { redocly: byRedocly, spectral: bySpectral }[tool](readFileSync(path, 'utf8'));
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
