import assert from "node:assert/strict";
import test from "node:test";
import { formatAgo, formatBytes, formatCount, formatDuration, parseBytes } from "./format";

test("sizes have a unit that fits", () => {
  assert.equal(formatBytes(0), "0 B");
  assert.equal(formatBytes(1023), "1023 B");
  assert.equal(formatBytes(4096), "4 KiB");
  assert.equal(formatBytes(5000), "4.88 KiB");
  assert.equal(formatBytes(1024 ** 4), "1 TiB");
  assert.equal(formatBytes(2 ** 53 - 1), "8 PiB");
});

test("counts have separators", () => {
  assert.equal(formatCount(1234567.4), "1,234,567");
});

test("durations have their two largest parts", () => {
  assert.equal(formatDuration(0.4), "0 s");
  assert.equal(formatDuration(125), "2 min 5 s");
  assert.equal(formatDuration(3600), "1 h");
  assert.equal(formatDuration(90061), "1 d 1 h");
});

test("a time that was is told by its largest part", () => {
  const now = Date.parse("2024-01-01T00:10:00Z");
  assert.equal(formatAgo("2024-01-01T00:09:59Z", now), "now");
  assert.equal(formatAgo("2024-01-01T00:05:50Z", now), "4 min ago");
  assert.equal(formatAgo("2024-01-01T00:11:00Z", now), "now", "clocks may differ");
});

test("sizes are read as people write them", () => {
  assert.equal(parseBytes("4096"), 4096);
  assert.equal(parseBytes(" 4k "), 4096);
  assert.equal(parseBytes("1.5 MiB"), 1572864);
  assert.equal(parseBytes("0x1000"), 4096);
  assert.equal(parseBytes("12 b"), 12);
  for (const bad of ["", "-1", "4x", "1e9", "0x", "k", "1 2"]) {
    assert.ok(Number.isNaN(parseBytes(bad)), bad);
  }
});
