/* The selection to the clipboard, and the clipboard over the selection. */
import { copyText } from "../../ui/clipboard";
import type { Model } from "../source/model";
import { asBase64, asCArray, asCurl, asHex, type CopyFormat, parseHex } from "./byte-text";

const COPY_MAX_BYTES = 1024 * 1024;

export const COPY_FORMATS: readonly (readonly [CopyFormat, string, string])[] = [
  ["hex", "Hex", "de ad be ef"],
  ["c", "C array", "static const unsigned char …"],
  ["base64", "Base64", "3q2+7w=="],
  ["text", "Text", "UTF-8; what is not is replaced"],
  ["curl", "curl", "a line for a shell that fetches these bytes"],
];

/** Copies the bytes that are shown; those that are not known here are read first. */
export async function copySelection(model: Model, format: CopyFormat): Promise<void> {
  try {
    await copyText(await textOf(model, format));
    const name = COPY_FORMATS.find(([id]) => id === format)?.[1];
    model.announce(`Copied ${inWords(model.length)} as ${name}.`);
  } catch (error) {
    model.fail(error);
  }
}

const inWords = (bytes: number): string => (bytes === 1 ? "1 byte" : `${bytes} bytes`);

async function textOf(model: Model, format: CopyFormat): Promise<string> {
  const { start, length, section } = model;
  if (format === "curl") {
    return asCurl(location.origin, section.id, start, length);
  }
  if (length > COPY_MAX_BYTES) {
    throw new Error("At most 1 MiB can be copied this way; copy the curl line instead.");
  }
  const known = model.source.pages.bytes(start, length);
  const bytes = known ?? (await model.source.read(start, length)).bytes;
  switch (format) {
    case "hex":
      return asHex(bytes);
    case "c":
      return asCArray(bytes, section.name ?? `section_${section.id}`);
    case "base64":
      return asBase64(bytes);
    case "text":
      return new TextDecoder().decode(bytes);
  }
}

/** Writes pasted text at the caret: pairs of digits on the hex side, as UTF-8 on the text side. */
export function paste(model: Model, text: string): void {
  const bytes = model.side === "hex" ? parseHex(text) : new TextEncoder().encode(text);
  if (bytes) {
    model.writeSeen(model.start, bytes, true);
  } else {
    model.fail(new Error("What was pasted is not pairs of hex digits."));
  }
}
