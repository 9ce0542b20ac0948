import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "../../base/store";
import { useStore } from "../../ui/hooks";
import type { Model } from "../source/model";
import { parseOffset } from "../source/selection";
import { Feed, FEED_MAX_BYTES } from "./feed";
import type { PictureChoice } from "./picture-choice";
import "./picture.css";
import { drawRows, formatOf, PIXEL_FORMATS, pictureBytes, type PixelFormat, type Shape } from "./pixels";

const SIZES: readonly (readonly [number, number])[] = [
  [160, 120], [320, 240], [640, 480], [800, 600], [1024, 768], [1280, 720], [1920, 1080],
];
const ZOOMS = ["fit", "1", "2", "4", "8"];

interface Picture {
  format: PixelFormat;
  shape: Shape;
  offset: number;
}

/** The bytes as pixels, drawn again as they change. */
export function PictureTab({ model, choice: chosen }: {
  model: Model; choice: Store<PictureChoice>;
}) {
  const choice = useStore(chosen);
  const change = (part: Partial<PictureChoice>): void => chosen.set({ ...choice, ...part });
  const picture = pictureOf(choice, model.size);
  return (
    <div class="mem-picture">
      <PictureFields choice={choice} change={change} />
      {typeof picture === "string" ? (
        <div class="empty" role="status">
          <p>{picture}</p>
        </div>
      ) : (
        <LivePicture
          key={JSON.stringify([choice.offset, picture.shape, choice.format])}
          model={model}
          picture={picture}
          zoom={choice.zoom}
        />
      )}
    </div>
  );
}

/** The picture that the fields describe, or what is wrong with them. */
function pictureOf(choice: PictureChoice, size: number): Picture | string {
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

const isSide = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 16384;

function PictureFields(props: {
  choice: PictureChoice;
  change: (part: Partial<PictureChoice>) => void;
}) {
  const { choice, change } = props;
  const width = Number(choice.width);
  const least = isSide(width) ? formatOf(choice.format).rowBytes(width) : "";
  const size = `${choice.width}x${choice.height}`;
  const number = (name: "width" | "height" | "stride", label: string, placeholder = "") => (
    <label class="field">
      <span>{label}</span>
      <input
        class="input mem-field-number"
        type="number"
        min={1}
        placeholder={placeholder}
        value={choice[name]}
        onInput={(event) => change({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <div class="mem-bar mem-fields">
      <label class="field">
        <span>Pixel format</span>
        <select
          class="select mem-field-format"
          value={choice.format}
          onChange={(event) => change({ format: event.currentTarget.value })}
        >
          {PIXEL_FORMATS.map(({ id, what }) => (
            <option key={id} value={id}>
              {id} – {what}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Offset</span>
        <input
          class="input mono mem-field-number"
          spellcheck={false}
          value={choice.offset}
          onInput={(event) => change({ offset: event.currentTarget.value })}
        />
      </label>
      {number("width", "Width")}
      {number("height", "Height")}
      {number("stride", "Stride in bytes", String(least))}
      <label class="field">
        <span>Usual sizes</span>
        <select
          class="select"
          value={SIZES.some(([w, h]) => `${w}x${h}` === size) ? size : ""}
          onChange={(event) => {
            const [w, h] = event.currentTarget.value.split("x");
            if (w && h) {
              change({ width: w, height: h, stride: "" });
            }
          }}
        >
          <option value="">–</option>
          {SIZES.map(([w, h]) => (
            <option key={w} value={`${w}x${h}`}>
              {w} × {h}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Zoom</span>
        <select
          class="select"
          value={choice.zoom}
          onChange={(event) => change({ zoom: event.currentTarget.value })}
        >
          {ZOOMS.map((zoom) => (
            <option key={zoom} value={zoom}>
              {zoom === "fit" ? "fit" : `${zoom} ×`}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function LivePicture({ model, picture, zoom }: { model: Model; picture: Picture; zoom: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const feed = useRef<Feed | null>(null);
  const [rate, setRate] = useState(0);
  const [hovered, setHovered] = useState<string | null>(null);
  const { format, shape, offset } = picture;

  useEffect(() => {
    const made = followFeed(model, picture, canvas.current!);
    feed.current = made.feed;
    let seen = 0;
    const timer = setInterval(() => {
      setRate(made.feed.changes - seen);
      seen = made.feed.changes;
    }, 1000);
    return () => {
      clearInterval(timer);
      made.stop();
      feed.current = null;
    };
  }, []);

  const onMove = (event: PointerEvent): void => {
    const place = pixelAt(event, canvas.current!);
    const at = place.y * shape.stride + Math.floor((place.x * format.rowBytes(shape.width)) / shape.width);
    const image = canvas.current!.getContext("2d")!.getImageData(place.x, place.y, 1, 1).data;
    const where = `x ${place.x}, y ${place.y}, offset 0x${(offset + at).toString(16)}`;
    setHovered(`${where}: red ${image[0]}, green ${image[1]}, blue ${image[2]}`);
  };
  const style =
    zoom === "fit"
      ? { aspectRatio: `${shape.width} / ${shape.height}`, "--mem-ratio": shape.width / shape.height }
      : { width: `${shape.width * Number(zoom)}px`, height: `${shape.height * Number(zoom)}px` };
  return (
    <>
      <div class={`mem-picture-room${zoom === "fit" ? " mem-picture-fit" : ""}`} tabIndex={0}
        role="group" aria-label="Picture, scrollable">
        <canvas
          ref={canvas}
          class="mem-canvas"
          width={shape.width}
          height={shape.height}
          style={style}
          role="img"
          aria-label={`${shape.width} by ${shape.height} pixels of ${format.id}`}
          onPointerMove={onMove}
          onPointerLeave={() => setHovered(null)}
        />
      </div>
      <p class="mem-bar mem-picture-foot faint">
        <span>{hovered ?? `${shape.width} × ${shape.height}, ${format.what}`}</span>
        <span class="spacer" />
        <span>{rate === 0 ? "still" : `${rate} changes a second`}</span>
      </p>
    </>
  );
}

function pixelAt(event: PointerEvent, canvas: HTMLCanvasElement): { x: number; y: number } {
  const box = canvas.getBoundingClientRect();
  const place = (at: number, from: number, length: number, count: number): number =>
    Math.max(0, Math.min(count - 1, Math.floor(((at - from) / length) * count)));
  return {
    x: place(event.clientX, box.left, box.width, canvas.width),
    y: place(event.clientY, box.top, box.height, canvas.height),
  };
}

/** Draws the rows that changed, once a frame; all rows if the format keeps colours in a plane apart. */
function followFeed(model: Model, { format, shape, offset }: Picture, canvas: HTMLCanvasElement) {
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const image = context.createImageData(shape.width, shape.height);
  let frame = 0;
  const draw = (): void => {
    frame = 0;
    const dirty = feed.takeDirty();
    if (dirty) {
      const planar = format.rows(shape.height) !== shape.height;
      const from = planar ? 0 : Math.floor(dirty.from / shape.stride);
      const to = planar ? shape.height : Math.min(shape.height, Math.ceil(dirty.to / shape.stride));
      drawRows(format, shape, feed.bytes, image.data, from, to);
      context.putImageData(image, 0, 0, 0, from, shape.width, to - from);
    }
  };
  const feed = new Feed(model.section, offset, pictureBytes(format, shape));
  feed.follow(() => {
    frame ||= requestAnimationFrame(draw);
  });
  const stop = (): void => {
    cancelAnimationFrame(frame);
    feed.close();
  };
  return { feed, stop };
}
