import assert from "node:assert/strict";
import { test } from "node:test";
import { Scroll } from "./scroll";

const ROWS_OF_1_TIB = 2 ** 40 / 16;

function scrollOf(rows: number, viewHeight = 600): Scroll {
  const scroll = new Scroll();
  scroll.resize(rows, 20, viewHeight);
  return scroll;
}

/** What a browser does: moves the native scroller within its bounds. */
function wheel(scroll: Scroll, state: { physical: number }, pixels: number): void {
  const most = scroll.treadmillHeight - scroll.viewHeight;
  state.physical = Math.max(0, Math.min(most, state.physical + pixels));
  scroll.scrolled(state.physical);
}

function settle(scroll: Scroll, state: { physical: number }): void {
  state.physical = scroll.restingPlace;
  scroll.placed(state.physical);
}

test("a small section scrolls as a plain element would", () => {
  const scroll = scrollOf(256);
  assert.equal(scroll.treadmillHeight, 256 * 20);
  scroll.scrolled(1234);
  assert.equal(scroll.top, 1234);
  assert.equal(scroll.restingPlace, 1234);
  assert.equal(scroll.firstRow, 61);
  assert.equal(scroll.shift, 14);
});

test("a section that fits in the view does not scroll", () => {
  const scroll = scrollOf(4);
  scroll.scrolled(50);
  assert.equal(scroll.top, 0);
  assert.equal(scroll.visibleRows, 4);
  assert.deepEqual(scroll.thumb(500), { start: 0, length: 500 });
});

test("an element for 1 TiB stays within what browsers can lay out", () => {
  assert.ok(scrollOf(ROWS_OF_1_TIB).treadmillHeight < 2 ** 24);
});

test("the wheel moves pixel by pixel anywhere in 1 TiB", () => {
  const scroll = scrollOf(ROWS_OF_1_TIB);
  const state = { physical: 0 };
  for (const share of [0, 0.1, 0.5, 0.999999, 1]) {
    scroll.moveToShare(share);
    settle(scroll, state);
    const step = share === 1 ? -7 : 7;
    for (let i = 0; i < 1000; i++) {
      const before = scroll.top;
      wheel(scroll, state, step);
      assert.equal(scroll.top - before, step);
      if (i % 100 === 0) settle(scroll, state);
    }
  }
});

test("settling never moves what is seen", () => {
  const scroll = scrollOf(ROWS_OF_1_TIB);
  const state = { physical: 0 };
  for (const top of [0, 1, 1_999_999, 2_000_001, 7e11, scroll.maxTop - 3, scroll.maxTop]) {
    scroll.moveTo(top);
    settle(scroll, state);
    assert.equal(scroll.top, top);
    assert.equal(scroll.scrolled(state.physical), false);
  }
});

test("the last byte of 1 TiB can be reached, and no further", () => {
  const scroll = scrollOf(ROWS_OF_1_TIB);
  const state = { physical: 0 };
  scroll.moveToShare(1);
  settle(scroll, state);
  assert.equal(scroll.firstRow + scroll.visibleRows, ROWS_OF_1_TIB);
  wheel(scroll, state, 500);
  assert.equal(scroll.top, scroll.maxTop);
  wheel(scroll, state, -20);
  assert.equal(scroll.firstRow + scroll.visibleRows, ROWS_OF_1_TIB - 1);
});

test("the ends of the treadmill are the ends of the section", () => {
  const scroll = scrollOf(ROWS_OF_1_TIB);
  scroll.moveTo(300);
  assert.equal(scroll.restingPlace, 300);
  scroll.moveTo(scroll.maxTop - 300);
  assert.equal(scroll.restingPlace, scroll.treadmillHeight - scroll.viewHeight - 300);
});

test("revealing scrolls as little as needed, and centres what is far away", () => {
  const scroll = scrollOf(1000);
  scroll.reveal(29);
  assert.equal(scroll.top, 0);
  scroll.reveal(30);
  assert.equal(scroll.top, 20);
  scroll.reveal(0);
  assert.equal(scroll.top, 0);
  scroll.reveal(500);
  assert.equal(scroll.top, 500 * 20 - 290);
});

test("another row height or column count keeps the first row", () => {
  const scroll = scrollOf(1000);
  scroll.moveTo(4000);
  scroll.resize(1000, 30, 600);
  assert.equal(scroll.firstRow, 200);
  scroll.resize(10, 30, 600);
  assert.equal(scroll.top, 0);
});

test("the thumb can always be taken hold of, and shows both ends", () => {
  const scroll = scrollOf(ROWS_OF_1_TIB);
  assert.deepEqual(scroll.thumb(500), { start: 0, length: 24 });
  scroll.moveToShare(1);
  assert.deepEqual(scroll.thumb(500), { start: 476, length: 24 });
  scroll.moveToShare(7);
  assert.equal(scroll.top, scroll.maxTop);
});
