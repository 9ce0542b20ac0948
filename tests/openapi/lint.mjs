// lint.mjs redocly|spectral DOCUMENT: prints what the default rules of one of the two find wrong with
// an OpenAPI document, a line each, and ends with 1 where that is an error.

import { readFileSync } from 'node:fs';

import redocly from '@redocly/openapi-core';
import spectralCore from '@stoplight/spectral-core';
import parsers from '@stoplight/spectral-parsers';
import rulesets from '@stoplight/spectral-rulesets';

async function byRedocly(text) {
    const config = await redocly.createConfig({ extends: ['recommended'] });
    const problems = await redocly.lintFromString({ source: text, config });
    return problems.map((problem) => ({
        isError: problem.severity === 'error',
        text: `${problem.ruleId} at ${problem.location[0].pointer}: ${problem.message}`,
    }));
}

async function bySpectral(text) {
    const spectral = new spectralCore.Spectral();
    spectral.setRuleset({ extends: [[rulesets.oas, 'recommended']] });
    const problems = await spectral.run(new spectralCore.Document(text, parsers.Json));
    return problems.map((problem) => ({
        isError: problem.severity === 0,
        text: `${problem.code} at ${problem.path.join('/')}: ${problem.message}`,
    }));
}

const [, , tool, path] = process.argv;
const problems = await { redocly: byRedocly, spectral: bySpectral }[tool](readFileSync(path, 'utf8'));
for (const { isError, text } of problems) console.log(isError ? 'error:' : 'warning:', text);
process.exitCode = problems.some((problem) => problem.isError) ? 1 : 0;
