/* The strip beside the grid: the scroll bar, and the heat map of the whole section. */
import type { Model } from "../source/model";
import type { Grid } from "./grid";
import { untilRedraw } from "./redraw";

const STRIP_REDRAWS = 4;

export class Strip {
  private readonly context: CanvasRenderingContext2D;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private height = 0;
  /** While the thumb is dragged: where on it the pointer is. */
  private grabbedAt: number | null = null;

  constructor(
    private readonly model: Model,
    private readonly grid: Grid,
    private readonly track: HTMLElement,
    private readonly thumb: HTMLElement,
    private readonly canvas: HTMLCanvasElement,
  ) {
    this.context = canvas.getContext("2d")!;
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(track);
    this.stops = [grid.viewport.follow(() => this.place()), model.source.follow(this.repaintSoon)];
    track.addEventListener("pointerdown", this.pressed);
    track.addEventListener("pointermove", this.dragged);
    track.addEventListener("pointerup", this.released);
    track.addEventListener("pointercancel", this.released);
    track.addEventListener("wheel", this.wheeled, { passive: true });
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.observer.disconnect();
    this.stops.forEach((stop) => stop());
    this.track.removeEventListener("pointerdown", this.pressed);
    this.track.removeEventListener("pointermove", this.dragged);
    this.track.removeEventListener("pointerup", this.released);
    this.track.removeEventListener("pointercancel", this.released);
    this.track.removeEventListener("wheel", this.wheeled);
  }

  private measure(): void {
    this.height = this.track.clientHeight;
    this.canvas.width = 1;
    this.canvas.height = this.model.source.heat.buckets.length;
    this.place();
    this.paint();
  }

  private place(): void {
    const { scroll } = this.grid;
    const { start, length } = scroll.thumb(this.height);
    this.thumb.style.height = `${length}px`;
    this.thumb.style.transform = `translateY(${start}px)`;
    this.track.classList.toggle("mem-strip-whole", scroll.maxTop === 0);
    this.track.setAttribute("aria-valuenow", String(Math.round(scroll.share * 100)));
  }

  private readonly repaintSoon = (): void => {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.paint();
    }, untilRedraw(performance.now(), STRIP_REDRAWS));
  };

  /** One pixel a bucket: the browser stretches the canvas over the strip. */
  private paint(): void {
    const { heat } = this.model.source;
    const warm = heat.cool(performance.now());
    const image = this.context.createImageData(1, heat.buckets.length);
    heat.buckets.forEach((value, i) => {
      image.data.set([245, Math.round(158 - 110 * value), 11], 4 * i);
      image.data[4 * i + 3] = value === 0 ? 0 : Math.round(60 + 195 * Math.min(1, value));
    });
    this.context.putImageData(image, 0, 0);
    if (warm) {
      this.repaintSoon();
    }
  }

  private readonly pressed = (event: PointerEvent): void => {
    if (event.button !== 0) {
      return;
    }
    event.preventDefault();
    this.track.setPointerCapture(event.pointerId);
    const { start, length } = this.grid.scroll.thumb(this.height);
    const y = this.placeOf(event);
    // A press beside the thumb brings its middle to the pointer.
    this.grabbedAt = y >= start && y <= start + length ? y - start : length / 2;
    this.dragged(event);
  };

  private readonly dragged = (event: PointerEvent): void => {
    if (this.grabbedAt !== null) {
      const { length } = this.grid.scroll.thumb(this.height);
      const room = Math.max(1, this.height - length);
      this.grid.moveToShare((this.placeOf(event) - this.grabbedAt) / room);
    }
  };

  private readonly released = (): void => {
    this.grabbedAt = null;
  };

  private readonly wheeled = (event: WheelEvent): void => {
    this.grid.moveBy(event.deltaY);
  };

  private placeOf(event: PointerEvent): number {
    return event.clientY - this.track.getBoundingClientRect().top;
  }
}
