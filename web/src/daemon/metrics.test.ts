import assert from "node:assert/strict";
import test from "node:test";
import { parseMetrics, ratesOf, remember, valuesOf } from "./metrics";

const TEXT = `# HELP sectiond_requests_total Requests.
# TYPE sectiond_requests_total counter
sectiond_requests_total{route="/v1/sections",status="200"} 10
sectiond_requests_total{route="/ {a}",status="404"} 2.5
sectiond_connections 3
bad line
sectiond_latency_bucket{le="+Inf"} 7
sectiond_strange NaN
`;

test("series of one name are added up", () => {
  const sample = parseMetrics(TEXT);
  assert.equal(sample.get("sectiond_requests_total"), 12.5);
  assert.equal(sample.get("sectiond_connections"), 3);
  assert.equal(sample.get("sectiond_latency_bucket"), 7);
  assert.equal(sample.has("sectiond_strange"), false);
  assert.equal(sample.has("bad"), false);
});

const at = (at_s: number, count: number) => ({ at_s, sample: new Map([["n", count]]) });

test("a rate is the difference by the time", () => {
  assert.deepEqual(ratesOf([at(0, 5), at(2, 15), at(3, 15)], "n"), [null, 5, 0]);
});

test("a counter that began anew has no rate there", () => {
  assert.deepEqual(ratesOf([at(0, 5), at(1, 2), at(2, 4)], "n"), [null, null, 2]);
});

test("what is not counted has neither rates nor values", () => {
  assert.deepEqual(ratesOf([at(0, 5), at(1, 6)], "other"), [null, null]);
  assert.deepEqual(valuesOf([at(0, 5)], "other"), [null]);
});

test("samples are kept as long as they are shown", () => {
  let samples = [at(0, 0)];
  for (let second = 1; second < 1000; second++) {
    samples = remember(samples, at(second, second), 60);
  }
  assert.ok(samples.length <= 66 && samples.length > 60);
  assert.equal(samples.at(-1)?.at_s, 999);
});
