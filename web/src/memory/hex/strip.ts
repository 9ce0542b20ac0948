/* The strip beside the grid: where in the whole section bytes change, and the scroll bar. */
import type { Model } from "../source/model";
import { untilBeat } from "./beat";
import type { Grid } from "./grid";

const REDRAW_BEATS = 4;

export class Strip {
  private readonly context: CanvasRenderingContext2D;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private height = 0;
  /** Where on the thumb it was taken hold of, while it is dragged. */
  private held: number | null = null;

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
    this.stops = [grid.viewport.follow(() => this.place()), model.source.follow(this.warm)];
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

  private readonly warm = (): void => {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.paint();
    }, untilBeat(performance.now(), REDRAW_BEATS));
  };

  /** One pixel a bucket; the browser stretches it over the strip. */
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
      this.warm();
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
    // Beside the thumb, its middle comes to the pointer at once.
    this.held = y >= start && y <= start + length ? y - start : length / 2;
    this.dragged(event);
  };

  private readonly dragged = (event: PointerEvent): void => {
    if (this.held !== null) {
      const { length } = this.grid.scroll.thumb(this.height);
      const room = Math.max(1, this.height - length);
      this.grid.moveToShare((this.placeOf(event) - this.held) / room);
    }
  };

  private readonly released = (): void => {
    this.held = null;
  };

  private readonly wheeled = (event: WheelEvent): void => {
    this.grid.moveBy(event.deltaY);
  };

  private placeOf(event: PointerEvent): number {
    return event.clientY - this.track.getBoundingClientRect().top;
  }
}
