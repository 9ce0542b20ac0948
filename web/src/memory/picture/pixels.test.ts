import assert from "node:assert/strict";
import { test } from "node:test";
import { drawRows, formatOf, PIXEL_FORMATS, pictureBytes } from "./pixels";

/** The pixels of a picture as [r, g, b, a] each. */
function pixels(id: string, source: number[], width: number, height = 1, stride?: number) {
  const format = formatOf(id);
  const shape = { width, height, stride: stride ?? format.rowBytes(width) };
  const out = new Uint8ClampedArray(width * height * 4);
  drawRows(format, shape, Uint8Array.from(source), out);
  return Array.from({ length: width * height }, (_, i) => [...out.slice(4 * i, 4 * i + 4)]);
}

test("grey", () => {
  assert.deepEqual(pixels("gray8", [0, 128], 2), [
    [0, 0, 0, 255],
    [128, 128, 128, 255],
  ]);
  assert.deepEqual(pixels("gray16le", [0xff, 0x12], 1), [[0x12, 0x12, 0x12, 255]]);
  assert.deepEqual(pixels("gray16be", [0x12, 0xff], 1), [[0x12, 0x12, 0x12, 255]]);
});

test("each order of red, green, blue and alpha", () => {
  const expected: Record<string, number[]> = {
    rgb24: [1, 2, 3, 255],
    bgr24: [3, 2, 1, 255],
    rgba: [1, 2, 3, 4],
    bgra: [3, 2, 1, 4],
    rgbx: [1, 2, 3, 255],
    bgrx: [3, 2, 1, 255],
    argb: [2, 3, 4, 1],
  };
  for (const [id, pixel] of Object.entries(expected)) {
    assert.deepEqual(pixels(id, [1, 2, 3, 4], 1), [pixel], id);
  }
});

test("16-bit colours reach full white", () => {
  assert.deepEqual(pixels("rgb565", [0xff, 0xff, 0x00, 0xf8], 2), [
    [255, 255, 255, 255],
    [255, 0, 0, 255],
  ]);
  assert.deepEqual(pixels("rgb565", [0xe0, 0x07], 1), [[0, 255, 0, 255]]);
  assert.deepEqual(pixels("rgb555", [0xff, 0x7f, 0x1f, 0x00], 2), [
    [255, 255, 255, 255],
    [0, 0, 255, 255],
  ]);
});

test("YUV: grey without colour, red with, shared by two pixels", () => {
  const [black, white] = pixels("yuyv", [16, 128, 235, 128], 2);
  assert.deepEqual(black, [0, 0, 0, 255]);
  assert.deepEqual(white, [255, 255, 255, 255]);
  const [red] = pixels("uyvy", [90, 82, 240, 82], 2);
  assert.ok(red![0]! > 240 && red![1]! < 20 && red![2]! < 20);
});

test("NV12 takes its colours from the plane below", () => {
  const source = [16, 235, 82, 82, 128, 128];
  assert.deepEqual(pixels("nv12", source, 2, 2)[1], [255, 255, 255, 255]);
  assert.equal(pictureBytes(formatOf("nv12"), { width: 2, height: 2, stride: 2 }), 6);
  assert.equal(pictureBytes(formatOf("nv12"), { width: 640, height: 480, stride: 640 }), 460_800);
});

test("a stride skips the padding, and the last row needs none", () => {
  const source = [1, 9, 9, 2, 9, 9, 3];
  assert.deepEqual(
    pixels("gray8", source, 1, 3, 3).map((pixel) => pixel[0]),
    [1, 2, 3],
  );
  assert.equal(pictureBytes(formatOf("gray8"), { width: 1, height: 3, stride: 3 }), 7);
});

test("bytes that are not there are black", () => {
  assert.deepEqual(pixels("rgb24", [9], 2), [
    [9, 0, 0, 255],
    [0, 0, 0, 255],
  ]);
});

test("every format draws just its rows", () => {
  for (const format of PIXEL_FORMATS) {
    const shape = { width: 4, height: 4, stride: format.rowBytes(4) };
    const out = new Uint8ClampedArray(4 * 4 * 4);
    drawRows(format, shape, new Uint8Array(pictureBytes(format, shape)).fill(200), out, 1, 2);
    assert.ok(
      out.slice(0, 16).every((byte) => byte === 0),
      format.id,
    );
    assert.ok(
      out.slice(16, 32).some((byte) => byte > 0),
      format.id,
    );
    assert.ok(
      out.slice(32).every((byte) => byte === 0),
      format.id,
    );
  }
  assert.throws(() => formatOf("rgb9"));
});
