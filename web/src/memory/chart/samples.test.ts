import assert from "node:assert/strict";
import { test } from "node:test";
import { Samples } from "./samples";

function filled(count: number, capacity = 100): Samples {
  const samples = new Samples(2, capacity);
  for (let i = 0; i < count; i++) samples.push(i, [i * 10, 1 - i]);
  return samples;
}

test("samples come out as they came in", () => {
  assert.deepEqual(filled(3).columns(-Infinity), [
    [0, 1, 2],
    [0, 10, 20],
    [1, 0, -1],
  ]);
});

test("the oldest give way: memory is flat", () => {
  const samples = filled(250);
  assert.equal(samples.count, 100);
  assert.equal(samples.time(0), 150);
  assert.equal(samples.value(1, 99), -248);
});

test("a window begins with the sample before it, so that lines enter from the edge", () => {
  assert.deepEqual(filled(10).columns(6.5)[0], [6, 7, 8, 9]);
  assert.deepEqual(filled(10).columns(100)[0], [9]);
});

test("values that cannot be drawn are gaps", () => {
  const samples = new Samples(1);
  for (const value of [1, NaN, Infinity, 2]) samples.push(value, [value]);
  assert.deepEqual(samples.columns(-Infinity)[1], [1, null, null, 2]);
});

test("of many samples a spike of one is still drawn", () => {
  const samples = new Samples(1, 50_000);
  for (let i = 0; i < 50_000; i++) samples.push(i, [i === 31_234 ? 1e6 : i === 12_345 ? -1e6 : 0]);
  const [times, values] = samples.columns(-Infinity, 1000);
  assert.ok(times.length <= 1002 && times.length === values!.length);
  assert.ok(values!.includes(1e6) && values!.includes(-1e6));
  assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]!));
  assert.equal(times.at(-1), 49_999);
});

test("CSV has a line a sample, and names that spreadsheets cannot run", () => {
  const samples = new Samples(2);
  samples.push(1700000000.25, [1.5, NaN]);
  assert.equal(
    samples.csv(['a "b", c', "=cmd()"]),
    'time,"a ""b"", c",\'=cmd()\r\n2023-11-14T22:13:20.250Z,1.5,NaN\r\n',
  );
});

test("no samples make an empty plot, and CSV with its head", () => {
  const samples = new Samples(1);
  assert.deepEqual(samples.columns(0), [[], []]);
  assert.equal(samples.csv(["x"]), "time,x\r\n");
});
