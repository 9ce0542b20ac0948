/*
 * Text as bytes, for finding and for editing in place; the daemon decodes. The browser encodes UTF-8
 * only: the tables of code pages are built from its decoders.
 */
export const ENCODINGS: readonly string[] = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "utf-32le",
  "latin1",
  "gbk",
  "cp1252",
  "cp1251",
  "cp932",
];

const DECODER_NAMES: Record<string, string> = {
  gbk: "gbk",
  cp932: "shift_jis",
  cp936: "gbk",
  cp949: "euc-kr",
  cp950: "big5",
  cp866: "ibm866",
};

/** The text's bytes; throws an Error that names the first character that the encoding lacks. */
export function encodeText(text: string, encoding: string): Uint8Array {
  switch (encoding) {
    case "utf-8":
      return new TextEncoder().encode(text);
    case "utf-16le":
      return units(text, 2, true);
    case "utf-16be":
      return units(text, 2, false);
    case "utf-32le":
      return units(text, 4, true);
    case "latin1":
      return byTable(text, encoding, latin1);
    default:
      return byTable(text, encoding, tableOf(encoding));
  }
}

/** The NUL that ends a string. */
export function terminatorOf(encoding: string): Uint8Array {
  return new Uint8Array(encoding.startsWith("utf-16") ? 2 : encoding.startsWith("utf-32") ? 4 : 1);
}

function units(text: string, width: 2 | 4, little: boolean): Uint8Array {
  const codes =
    width === 4
      ? Array.from(text, (character) => character.codePointAt(0) ?? 0)
      : Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const bytes = new Uint8Array(codes.length * width);
  const view = new DataView(bytes.buffer);
  codes.forEach((code, i) => {
    if (width === 4) view.setUint32(4 * i, code, little);
    else view.setUint16(2 * i, code, little);
  });
  return bytes;
}

type Table = (character: string) => readonly number[] | undefined;

const latin1: Table = (character) => {
  const code = character.codePointAt(0) ?? 256;
  return code < 256 ? [code] : undefined;
};

function byTable(text: string, encoding: string, table: Table): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const coded = table(character);
    if (!coded) throw new Error(`${encoding} has no “${character}”`);
    bytes.push(...coded);
  }
  return Uint8Array.from(bytes);
}

const tables = new Map<string, Table>();

function tableOf(encoding: string): Table {
  let table = tables.get(encoding);
  if (!table) {
    table = turnRound(encoding);
    tables.set(encoding, table);
  }
  return table;
}

/** Decodes each sequence of one or two bytes, and keeps which character it is. */
function turnRound(encoding: string): Table {
  const name = DECODER_NAMES[encoding] ?? encoding.replace(/^cp/, "windows-");
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(name, { fatal: true });
  } catch {
    throw new Error(`this browser does not know ${encoding}: write the bytes instead`);
  }
  const found = new Map<string, readonly number[]>();
  const keep = (bytes: number[]): boolean => {
    try {
      const character = decoder.decode(Uint8Array.from(bytes));
      if ([...character].length === 1 && !found.has(character)) found.set(character, bytes);
      return true;
    } catch {
      return false;
    }
  };
  for (let lead = 0; lead < 256; lead++) {
    if (keep([lead])) continue;
    for (let trail = 0x30; trail < 256; trail++) keep([lead, trail]);
  }
  return (character) => found.get(character);
}
