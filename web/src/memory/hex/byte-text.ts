/* Bytes as text: the formats of the clipboard. */
import { hexByte } from "../source/values";

export type CopyFormat = "hex" | "c" | "base64" | "text" | "curl";

export function asHex(bytes: Uint8Array): string {
  return Array.from(bytes, hexByte).join(" ");
}

/** A C definition, twelve bytes a line. */
export function asCArray(bytes: Uint8Array, name: string): string {
  const lines: string[] = [];
  for (let i = 0; i < bytes.length; i += 12) {
    lines.push("    " + Array.from(bytes.subarray(i, i + 12), (b) => `0x${hexByte(b)},`).join(" "));
  }
  return (
    `static const unsigned char ${identifier(name)}[${bytes.length}] = {\n` +
    `${lines.join("\n")}\n};\n`
  );
}

/** A name as an identifier of C. */
export function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
  return /^[A-Za-z]/.test(plain) ? plain : `bytes${plain ? `_${plain}` : ""}`;
}

export function asBase64(bytes: Uint8Array): string {
  let text = "";
  // Spreading all of them at once would overflow the stack.
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

/** The printable ASCII characters, dots for the rest: the text side of the grid. */
export function asAscii(bytes: Uint8Array): string {
  return Array.from(bytes, asciiOf).join("");
}

export const asciiOf = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";

/** A command that fetches the same bytes. The daemon writes the header file with the token. */
export function asCurl(origin: string, section: number, offset: number, length: number): string {
  const header = '"@${XDG_STATE_HOME:-$HOME/.local/state}/sectiond/header"';
  const address = `${origin}/v1/sections/${section}/data?offset=${offset}&length=${length}`;
  return `curl -s -H ${header} '${address}&format=hex'`;
}

/** Reads pairs of hex digits with the usual separators between them; null if it is anything else. */
export function parseHex(text: string): Uint8Array | null {
  const digits = text.replace(/0x|\\x|[\s,;:_{}-]/gi, "");
  if (digits.length === 0 || digits.length % 2 || /[^0-9a-f]/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
