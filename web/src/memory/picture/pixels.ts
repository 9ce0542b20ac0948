/* Raw pictures: the formats of cameras and frame buffers as RGBA for a canvas. */
export interface PixelFormat {
  readonly id: string;
  readonly what: string;
  /** Bytes that a row of so many pixels takes without padding. */
  rowBytes(width: number): number;
  /** Rows of `stride` bytes that a picture of this height has, chroma planes counted in. */
  rows(height: number): number;
  /** Fills one row of RGBA from the picture's bytes; `row` is its first byte. */
  draw(
    source: Uint8Array,
    row: number,
    out: Uint8ClampedArray,
    to: number,
    shape: Shape,
    y: number,
  ): void;
}

export interface Shape {
  width: number;
  height: number;
  stride: number;
}

type Pixel = (source: Uint8Array, at: number, out: Uint8ClampedArray, to: number) => void;

/** A format in which a pixel has bytes of its own. */
function packed(id: string, what: string, bytes: number, pixel: Pixel): PixelFormat {
  return {
    id,
    what,
    rowBytes: (width) => width * bytes,
    rows: (height) => height,
    draw(source, row, out, to, { width }) {
      for (let x = 0; x < width; x++) pixel(source, row + x * bytes, out, to + 4 * x);
    },
  };
}

function setPixel(out: Uint8ClampedArray, to: number, r: number, g: number, b: number, a = 255): void {
  out[to] = r;
  out[to + 1] = g;
  out[to + 2] = b;
  out[to + 3] = a;
}

const byteAt = (source: Uint8Array, at: number): number => source[at] ?? 0;

/** Red, green, blue and alpha are at these places of a pixel's bytes; without alpha it is opaque. */
function ordered(
  id: string,
  what: string,
  bytes: number,
  r: number,
  g: number,
  b: number,
  a?: number,
): PixelFormat {
  return packed(id, what, bytes, (source, at, out, to) =>
    setPixel(
      out,
      to,
      byteAt(source, at + r),
      byteAt(source, at + g),
      byteAt(source, at + b),
      a === undefined ? 255 : byteAt(source, at + a),
    ),
  );
}

const gray =
  (at: (source: Uint8Array, at: number) => number): Pixel =>
  (source, i, out, to) => {
    const light = at(source, i);
    setPixel(out, to, light, light, light);
  };

/** Scales five or six bits to eight: all ones become 255. */
const widen = (value: number, bits: number): number => Math.round((value * 255) / (2 ** bits - 1));

const rgb565: Pixel = (source, at, out, to) => {
  const word = byteAt(source, at) | (byteAt(source, at + 1) << 8);
  setPixel(out, to, widen(word >> 11, 5), widen((word >> 5) & 63, 6), widen(word & 31, 5));
};

const rgb555: Pixel = (source, at, out, to) => {
  const word = byteAt(source, at) | (byteAt(source, at + 1) << 8);
  setPixel(out, to, widen((word >> 10) & 31, 5), widen((word >> 5) & 31, 5), widen(word & 31, 5));
};

/** BT.601, studio range, as cameras send it. */
function setYuv(out: Uint8ClampedArray, to: number, y: number, u: number, v: number): void {
  const light = 1.164 * (y - 16);
  const blue = u - 128;
  const red = v - 128;
  setPixel(out, to, light + 1.596 * red, light - 0.392 * blue - 0.813 * red, light + 2.017 * blue);
}

/** Two pixels in four bytes with one colour; the numbers are the places of Y, U and V. */
function pairs(id: string, what: string, y: number, u: number, v: number): PixelFormat {
  return {
    id,
    what,
    rowBytes: (width) => Math.ceil(width / 2) * 4,
    rows: (height) => height,
    draw(source, row, out, to, { width }) {
      for (let x = 0; x < width; x++) {
        const at = row + (x >> 1) * 4;
        const light = byteAt(source, at + y + 2 * (x & 1));
        setYuv(out, to + 4 * x, light, byteAt(source, at + u), byteAt(source, at + v));
      }
    },
  };
}

const nv12: PixelFormat = {
  id: "nv12",
  what: "brightness, then a plane of U and V at half size",
  rowBytes: (width) => width + (width & 1),
  rows: (height) => height + Math.ceil(height / 2),
  draw(source, row, out, to, { width, height, stride }, y) {
    const colours = row - y * stride + (height + (y >> 1)) * stride;
    for (let x = 0; x < width; x++) {
      const at = colours + (x & ~1);
      setYuv(out, to + 4 * x, byteAt(source, row + x), byteAt(source, at), byteAt(source, at + 1));
    }
  },
};

export const PIXEL_FORMATS: readonly PixelFormat[] = [
  packed("gray8", "8-bit grey", 1, gray(byteAt)),
  packed(
    "gray16le",
    "16-bit grey, low byte first",
    2,
    gray((s, at) => byteAt(s, at + 1)),
  ),
  packed("gray16be", "16-bit grey, high byte first", 2, gray(byteAt)),
  ordered("rgb24", "red, green, blue", 3, 0, 1, 2),
  ordered("bgr24", "blue, green, red: Windows bitmaps", 3, 2, 1, 0),
  ordered("rgba", "red, green, blue, alpha", 4, 0, 1, 2, 3),
  ordered("bgra", "blue, green, red, alpha", 4, 2, 1, 0, 3),
  ordered("rgbx", "red, green, blue, unused", 4, 0, 1, 2),
  ordered("bgrx", "blue, green, red, unused: frame buffers", 4, 2, 1, 0),
  ordered("argb", "alpha, red, green, blue", 4, 1, 2, 3, 0),
  packed("rgb565", "16 bits: 5 red, 6 green, 5 blue", 2, rgb565),
  packed("rgb555", "16 bits: 5 red, 5 green, 5 blue", 2, rgb555),
  pairs("yuyv", "4:2:2 as Y U Y V: webcams", 0, 1, 3),
  pairs("uyvy", "4:2:2 as U Y V Y", 1, 0, 2),
  nv12,
];

export function formatOf(id: string): PixelFormat {
  const format = PIXEL_FORMATS.find((candidate) => candidate.id === id);
  if (!format) throw new Error(`there is no pixel format ${id}`);
  return format;
}

/** How many bytes a picture takes; the last row needs no padding. */
export function pictureBytes(format: PixelFormat, { width, height, stride }: Shape): number {
  return (format.rows(height) - 1) * stride + format.rowBytes(width);
}

/** Rows `from` to `to` of the picture as RGBA; bytes that are not there are black. */
export function drawRows(
  format: PixelFormat,
  shape: Shape,
  source: Uint8Array,
  out: Uint8ClampedArray,
  from = 0,
  to = shape.height,
): void {
  for (let y = from; y < to; y++) {
    format.draw(source, y * shape.stride, out, y * shape.width * 4, shape, y);
  }
}
