// Writing into a section from the page: by digit, by text, by value, by paste; and taking it back.
import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./lib/build.mjs";
import {
  clickByte, expectRow, expectSelected, openMemory, openShared, rowAt,
} from "./lib/memory.mjs";
import { twoFrames } from "./lib/page.mjs";

const peerHas = (peer, offset, hex) => until(
  async () => (await peer.read("a", hex.length / 2, offset)).toString("hex") === hex,
  `the peer reads ${hex} at ${offset}`);

test("a byte typed in hex is what the native process reads", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 0x25);
  await page.keyboard.type("7Fe");
  await peerHas(peer, 0x25, "7f00");
  await page.keyboard.type("1");
  await peerHas(peer, 0x25, "7fe1");
  await expectSelected(page, [0x27, 1]);
  await expectRow(page, 0x20, "00 00 00 00 00 7f e1 00 00 00 00 00 00 00 00 00");
});

test("text typed on the text side is what the native process reads", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 0x10, "text");
  await page.keyboard.type("Hi there");
  await peerHas(peer, 0x10, Buffer.from("Hi there").toString("hex"));
  await page.keyboard.press("Enter");
  await page.keyboard.type("21");
  await peerHas(peer, 0x18, "21");
});

test("undo and redo by key and by button", async (t) => {
  const { page, peer } = await openShared(t, { bytes: Buffer.from("abcd") });
  await clickByte(page, 0);
  await page.keyboard.type("313233");
  await peerHas(peer, 0, Buffer.from("123d").toString("hex"));
  await page.keyboard.press("Control+z");
  await peerHas(peer, 0, Buffer.from("12cd").toString("hex"));
  await page.getByRole("button", { name: "Undo" }).click();
  await peerHas(peer, 0, Buffer.from("1bcd").toString("hex"));
  await page.getByRole("button", { name: "Redo" }).click();
  await peerHas(peer, 0, Buffer.from("12cd").toString("hex"));
  await clickByte(page, 0x10);
  await page.keyboard.press("Control+y");
  await peerHas(peer, 0, Buffer.from("123d").toString("hex"));
  await until(() => page.getByRole("button", { name: "Redo" }).isDisabled(), "nothing to redo");
});

test("a byte that changed while it was typed is shown, and not overwritten", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 5);
  await page.keyboard.type("4");
  await peer.write("a", [0x99], 5);
  await page.keyboard.type("1");
  const notice = page.getByRole("alert").filter({ hasText: "Not written" });
  await notice.waitFor();
  assert.match(await notice.textContent(), /0x5 changed.*was 00 when you typed 41, and is 99 now/);
  assert.equal((await peer.read("a", 1, 5)).toString("hex"), "99");
  await expectRow(page, 0, "00 00 00 00 00 99 00 00 00 00 00 00 00 00 00 00");

  await page.getByRole("button", { name: "Keep what is there" }).click();
  await notice.waitFor({ state: "detached" });
  assert.equal((await peer.read("a", 1, 5)).toString("hex"), "99");
});

test("an answer that comes late does not hide what the native process stored since", async (t) => {
  const { page, peer } = await openShared(t);
  const stored = `22${" 00".repeat(15)}`;
  await page.route("**/atomic", async (route) => {
    const response = await route.fetch();
    await peer.write("a", [0x22], 0);
    await expectRow(page, 0, stored);
    await route.fulfill({ response });
  });
  await clickByte(page, 0);
  await page.keyboard.type("11");
  await until(() => page.getByRole("button", { name: "Undo" }).isEnabled(), "the answer came");
  await twoFrames(page);
  await expectRow(page, 0, stored);
});

test("what is typed before the bytes came is written, too", async (t) => {
  const { page, peer } = await openShared(t);
  let release;
  const typed = new Promise((done) => (release = done));
  for (const held of ["**/v1/events?*", "**/data?*"]) {
    await page.route(held, async (route) => {
      await typed;
      await route.continue().catch(() => {}); // the page may not wait for it any more
    });
  }
  await page.reload();
  await until(async () => (await rowAt(page, 0))?.hex.startsWith("··"), "no byte is known yet");
  await clickByte(page, 0x10);
  await page.keyboard.type("41");
  release();
  await peerHas(peer, 0x10, "41");
});

test("who insists overwrites, and undo brings back what was there", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 5);
  await page.keyboard.type("4");
  await peer.write("a", [0x99], 5);
  await page.keyboard.type("1");
  await page.getByRole("button", { name: "Write it anyway" }).click();
  await peerHas(peer, 5, "41");
  await page.keyboard.press("Control+z");
  await peerHas(peer, 5, "99");
});

test("undo does not overwrite what changed since", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 0);
  await page.keyboard.type("11");
  await peerHas(peer, 0, "11");
  await peer.write("a", [0x22], 0);
  await expectRow(page, 0, "22 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
  await page.keyboard.press("Control+z");
  await page.getByText("Not written:").waitFor();
  assert.equal((await peer.read("a", 1, 0)).toString("hex"), "22");
});

test("neighbours that the native process changes meanwhile keep their values", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 8);
  const typed = page.keyboard.type("0102030405060708");
  for (let i = 1; i <= 50; i++) {
    await peer.write("a", [i], 16);
    await peer.command("add", "a", 0, 1000);
  }
  await typed;
  await peerHas(peer, 8, "010203040506070832");
  assert.equal((await peer.read("a", 8, 0)).readBigUInt64LE(), 50_000n);
});

test("pasted hex is written whole, and zeros over a selection", async (t) => {
  const { page, peer } = await openShared(t);
  await page.evaluate(() => navigator.clipboard.writeText("de ad be ef 01 02 03 04 05 06 07 08"));
  await clickByte(page, 2);
  await page.keyboard.press("Control+v");
  await peerHas(peer, 2, "deadbeef0102030405060708");
  await expectRow(page, 0, "00 00 de ad be ef 01 02 03 04 05 06 07 08 00 00");
  await clickByte(page, 3);
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Delete");
  await peerHas(peer, 2, "de0000ef0102030405060708");
  await page.keyboard.press("Control+z");
  await peerHas(peer, 2, "deadbeef0102030405060708");
});

test("what cannot be written says why", async (t) => {
  const { page, daemon } = await openMemory(t);
  await page.evaluate(() => navigator.clipboard.writeText("not hex"));
  await clickByte(page, 0);
  await page.keyboard.press("Control+v");
  await page.getByText("not pairs of hex digits").waitFor();
  await page.evaluate(() => navigator.clipboard.writeText("00 11"));
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Control+v");
  await page.getByText("past the section's end").waitFor();
  assert.equal((await daemon.read(1, 4095, 1))[0], 0);
});

test("the inspector reads and writes every type in both byte orders", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 0x40);
  const cells = [
    ["u8", "200", "c8"], ["i8", "-2", "fe"],
    ["u16 little-endian", "258", "0201"], ["i16 big-endian", "-2", "fffe"],
    ["u32 big-endian", "0x01020304", "01020304"], ["i32 little-endian", "-1", "ffffffff"],
    ["u64 little-endian", "18446744073709551614", "feffffffffffffff"],
    ["i64 big-endian", "-9223372036854775808", "8000000000000000"],
    ["f32 big-endian", "1.5", "3fc00000"], ["f32 little-endian", "NaN", "0000c07f"],
    ["f64 little-endian", "-Infinity", "000000000000f0ff"], ["bool8", "true", "01"],
    ["char", "A", "41"],
  ];
  for (const [label, text, hex] of cells) {
    const cell = page.getByLabel(label, { exact: true });
    await cell.fill(text);
    await cell.press("Enter");
    await peerHas(peer, 0x40, hex);
    const shown = text === "0x01020304" ? "16909060" : text;
    await until(async () => (await cell.inputValue()) === shown, `${label} shows ${shown}`);
  }
});

test("the inspector refuses what does not fit, in words, and Escape restores", async (t) => {
  const { page, daemon } = await openMemory(t);
  await clickByte(page, 0);
  const cell = page.getByLabel("u8", { exact: true });
  await cell.fill("300");
  await cell.press("Enter");
  await page.getByText("u8 goes from 0 to 255").waitFor();
  await cell.press("Escape");
  await until(async () => (await cell.inputValue()) === "0", "what is in memory is shown again");
  assert.equal((await daemon.read(1, 0, 1))[0], 0);
});

test("the inspector follows what the native process stores", async (t) => {
  const { page, peer } = await openShared(t);
  await clickByte(page, 0x80);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(21.5);
  await peer.write("a", bytes, 0x80);
  const cell = page.getByLabel("f64 little-endian", { exact: true });
  await until(async () => (await cell.inputValue()) === "21.5", "the inspector shows 21.5");
});
