import assert from "node:assert/strict";
import { test } from "node:test";
import { PICTURE_CHOICE, type PictureChoice, pictureOf } from "./picture-choice";

const of = (part: Partial<PictureChoice>, size = 1 << 20) =>
  pictureOf({ ...PICTURE_CHOICE, ...part }, size);

/** What the view says in place of a picture. */
function refusal(part: Partial<PictureChoice>, size?: number): string {
  const picture = of(part, size);
  assert.equal(typeof picture, "string");
  return picture as string;
}

test("the fields describe a picture; without a stride its rows follow each other", () => {
  const picture = of({ format: "rgb24", offset: "0x100", width: "10", height: "4" });
  assert.ok(typeof picture === "object");
  assert.equal(picture.format.id, "rgb24");
  assert.deepEqual(picture.shape, { width: 10, height: 4, stride: 30 });
  assert.equal(picture.offset, 256);
});

test("a picture may end with the section, and not a byte later", () => {
  const choice = { width: "64", height: "48", offset: "1024" };
  assert.equal(typeof of(choice, 1024 + 64 * 48), "object");
  assert.match(refusal(choice, 1023 + 64 * 48), /room for 47 rows/);
});

test("the last row needs no padding", () => {
  assert.equal(typeof of({ width: "10", height: "2", stride: "100" }, 110), "object");
  assert.match(refusal({ width: "10", height: "2", stride: "100" }, 109), /takes 110 bytes/);
});

test("sides are whole numbers of pixels from 1 to 16384", () => {
  for (const side of ["", "0", "-1", "1.5", "16385", "1e9", "x"]) {
    assert.match(refusal({ width: side }), /from 1 to 16384/, side);
    assert.match(refusal({ height: side }), /from 1 to 16384/, side);
  }
});

test("a stride shorter than a row, or no number, is refused", () => {
  for (const stride of ["0", "63", "-64", "64.5", "x"]) {
    assert.match(refusal({ width: "64", stride }), /takes 64 bytes/, stride);
  }
});

test("an offset outside of the section is refused", () => {
  for (const offset of ["", "-1", "4096", "0x1000", "x"]) {
    assert.match(refusal({ offset }, 4096), /the last is 0xfff/, offset);
  }
});

test("a picture of more bytes than are watched is refused", () => {
  const choice = { format: "rgba", width: "16384", height: "16384" };
  assert.match(refusal(choice, 2 ** 40), /32 MiB at most/);
});
