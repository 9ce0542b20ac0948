import assert from "node:assert/strict";
import test from "node:test";
import { Observable, Store } from "./store";

test("listeners are told until they stop following", () => {
  const source = new Observable();
  let calls = 0;
  const stop = source.follow(() => calls++);
  source.tell();
  source.tell();
  stop();
  source.tell();
  assert.equal(calls, 2);
});

test("a listener that another one has removed is not called", () => {
  const source = new Observable();
  const calls: string[] = [];
  source.follow(() => {
    calls.push("first");
    stopSecond();
  });
  const stopSecond = source.follow(() => calls.push("second"));
  source.tell();
  assert.deepEqual(calls, ["first"]);
});

test("a listener that is added while others are told waits for the next change", () => {
  const source = new Observable();
  const calls: string[] = [];
  const stop = source.follow(() => {
    stop();
    source.follow(() => calls.push("late"));
  });
  source.tell();
  assert.deepEqual(calls, []);
  source.tell();
  assert.deepEqual(calls, ["late"]);
});

test("a store tells of another value only", () => {
  const store = new Store(1);
  let calls = 0;
  store.follow(() => calls++);
  store.set(1);
  assert.equal(calls, 0);
  store.set(2);
  assert.deepEqual([calls, store.get()], [1, 2]);
});
