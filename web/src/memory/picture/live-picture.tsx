import { useEffect, useRef, useState } from "preact/hooks";
import type { Model } from "../source/model";
import { Feed } from "./feed";
import type { Picture } from "./picture-choice";
import { drawRows, pictureBytes } from "./pixels";

/** The picture, drawn again as its bytes change. */
export function LivePicture({ model, picture, zoom }: { model: Model; picture: Picture; zoom: string }) {
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
