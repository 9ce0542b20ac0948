/* uPlot with live data: the right edge is the present unless the chart is paused or zoomed. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colourOf, colourScheme } from "../../ui/theme";
import type { Plot, Series } from "./plot";

const DRAW_MS = 50;

/** The time of day, with as many decimals as tell neighbouring ticks apart. */
function clock(_: uPlot, times: number[], _axis: number, _space: number, step: number): string[] {
  const digits = step < 1 ? Math.ceil(-Math.log10(step)) : 0;
  return times.map((time) => {
    const seconds = new Date(time * 1000).toTimeString().slice(0, 8);
    return digits === 0 ? seconds : seconds + (time % 1).toFixed(digits).slice(1);
  });
}

export class LiveChart {
  private chart: uPlot | null = null;
  private drawn: readonly Series[] = [];
  private span = 30;
  private paused = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[];

  constructor(
    private readonly element: HTMLElement,
    private readonly plot: Plot,
    private readonly onPause: (paused: boolean) => void,
  ) {
    this.observer = new ResizeObserver(() => this.chart?.setSize(this.measure()));
    this.observer.observe(element);
    this.stops = [colourScheme.follow(this.remake), plot.follow(this.soon)];
    this.remake();
    this.tick();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.observer.disconnect();
    this.stops.forEach((stop) => stop());
    this.chart?.destroy();
    this.chart = null;
  }

  setSpan(seconds: number): void {
    this.span = seconds;
    this.draw();
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused) {
      this.tick();
    }
  }

  /** Values come up to 60 times a second: the lines are drawn 20 times. */
  private readonly soon = (): void => {
    this.timer ??= setTimeout(() => this.tick(), DRAW_MS);
  };

  /** Draws now, and again as time goes on, also if no value changes. */
  private tick(): void {
    clearTimeout(this.timer);
    if (!this.paused) {
      this.timer = undefined;
      this.draw();
      this.timer = setTimeout(() => this.tick(), DRAW_MS * 4);
    } else {
      this.timer = undefined;
    }
  }

  private draw(): void {
    if (this.plot.series !== this.drawn) {
      this.remake();
      return;
    }
    const { chart } = this;
    if (!chart || this.paused) {
      return;
    }
    const now = Date.now() / 1000;
    this.plot.series.forEach(({ shown }, i) => {
      if (chart.series[i + 1]?.show !== shown) {
        chart.setSeries(i + 1, { show: shown });
      }
    });
    chart.setData(this.columns(now), false);
    chart.setScale("x", { min: now - this.span, max: now });
  }

  /** The last values still hold: they are repeated at the present time, so that lines reach the right edge. */
  private columns(now: number): uPlot.AlignedData {
    const columns = this.plot.samples.columns(now - this.span);
    const [times, ...values] = columns;
    const last = times.at(-1);
    if (last !== undefined && last < now) {
      times.push(now);
      values.forEach((column) => column.push(column.at(-1) ?? null));
    }
    return columns as uPlot.AlignedData;
  }

  private measure(): { width: number; height: number } {
    return {
      width: Math.max(100, this.element.clientWidth),
      height: Math.max(100, this.element.clientHeight),
    };
  }

  private readonly remake = (): void => {
    this.chart?.destroy();
    this.drawn = this.plot.series;
    const colour = (name: string): string => colourOf(name, this.element);
    const axis = {
      stroke: colour("--ink-3"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { stroke: colour("--line"), width: 1 },
      font: `11px ${getComputedStyle(this.element).fontFamily}`,
    };
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    this.chart = new uPlot(
      {
        ...this.measure(),
        legend: { show: false },
        cursor: { drag: { x: true, y: false }, points: { size: 5 } },
        scales: { x: { time: true } },
        axes: [{ ...axis, values: clock, space: 80 }, { ...axis, size: 64 }],
        hooks: { setSelect: [(chart) => this.zoomed(chart)] },
        series: [
          {},
          ...this.drawn.map(({ name, shown, colour: index }) => ({
            label: name,
            show: shown,
            stroke: colour(`--series-${index + 1}`),
            width: 1.5,
            points: { show: false },
            ...(stepped ? { paths: stepped } : {}),
          })),
        ],
      },
      this.columns(Date.now() / 1000),
      this.element,
    );
    this.draw();
  };

  /** Pauses, so that the part that the user zoomed to stands still. */
  private zoomed(chart: uPlot): void {
    if (chart.select.width > 0 && !this.paused) {
      this.paused = true;
      this.onPause(true);
    }
  }
}
