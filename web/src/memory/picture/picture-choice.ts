/* What picture the bytes are taken for: the fields, and the picture that they describe. */
import { parseOffset } from "../source/selection";
import { FEED_MAX_BYTES } from "./feed";
import { formatOf, pictureBytes, type PixelFormat, type Shape } from "./pixels";

/** The text of the fields; kept while another tab is shown. */
export interface PictureChoice {
  offset: string;
  width: string;
  height: string;
  stride: string;
  format: string;
  zoom: string;
}

export const PICTURE_CHOICE: PictureChoice = {
  offset: "0",
  width: "64",
  height: "48",
  stride: "",
  format: "gray8",
  zoom: "fit",
};

export interface Picture {
  format: PixelFormat;
  shape: Shape;
  offset: number;
}

/** The picture that the fields describe, or what is wrong with them. */
export function pictureOf(choice: PictureChoice, size: number): Picture | string {
  const format = formatOf(choice.format);
  const [width, height] = [Number(choice.width), Number(choice.height)];
  const offset = parseOffset(choice.offset, 0, size);
  if (!isSide(width) || !isSide(height)) {
    return "Width and height are numbers of pixels, from 1 to 16384.";
  }
  if (offset === null) {
    return `No such offset: the last is 0x${(size - 1).toString(16)}.`;
  }
  const least = format.rowBytes(width);
  const stride = choice.stride === "" ? least : Number(choice.stride);
  if (!Number.isInteger(stride) || stride < least) {
    return `A row of ${width} pixels takes ${least} bytes: the stride is that or more.`;
  }
  const shape = { width, height, stride };
  const bytes = pictureBytes(format, shape);
  if (bytes > FEED_MAX_BYTES) {
    return "A picture may have 32 MiB at most.";
  }
  if (offset + bytes > size) {
    const fits = Math.floor((size - offset) / stride);
    return (
      `This picture takes ${bytes.toLocaleString("en")} bytes and there are ` +
      `${(size - offset).toLocaleString("en")} from there on: room for ${fits} rows.`
    );
  }
  return { format, shape, offset };
}

export const isSide = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 16384;
