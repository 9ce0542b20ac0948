import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colourOf, colourScheme } from "./theme";

export interface Line {
  label: string;
  /** The name of a colour, such as "--series-1". */
  colour: string;
}

interface ChartProps {
  lines: Line[];
  /** Seconds since 1970, then one list of values a line; null is a gap. */
  data: uPlot.AlignedData;
  /** How many seconds the chart shows, up to now. */
  span_s: number;
  format: (value: number) => string;
  /** Values are bytes: the ticks of the axis are powers of two. */
  binary?: boolean;
  height?: number;
  label: string;
}

/** Steps of an axis of bytes: 1, 2, 4 … up to 2^50. */
const BINARY_STEPS = Array.from({ length: 51 }, (_, power) => 2 ** power);

const AXIS_FONT = "11px system-ui, sans-serif";

function optionsOf(host: HTMLElement, props: ChartProps): uPlot.Options {
  const ink = colourOf("--ink-3", host);
  const grid = { stroke: colourOf("--line", host), width: 1 };
  const axis = { stroke: ink, grid, ticks: { show: false }, font: AXIS_FONT };
  return {
    width: host.clientWidth,
    height: props.height ?? 130,
    padding: [10, 30, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: () => [Date.now() / 1000 - props.span_s, Date.now() / 1000] },
      y: { range: (_, least, most) => [Math.min(0, least ?? 0), niceTop(most ?? 0)] },
    },
    axes: [
      { ...axis, space: 70, size: 22, values: (_, times) => times.map(clockTime) },
      {
        ...axis, size: 74, space: 34, values: (_, values) => values.map(props.format),
        ...(props.binary && { incrs: BINARY_STEPS }),
      },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: colourOf(line.colour, host),
        width: 1.5,
        points: { show: false },
        fill: props.lines.length === 1 ? withAlpha(colourOf(line.colour, host)) : undefined,
      })),
    ] as uPlot.Series[],
  };
}

/** The top of the scale: a little above the largest value, and never 0. */
function niceTop(most: number): number {
  return most > 0 ? most * 1.15 : 1;
}

function withAlpha(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)");
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

/** Lines over the last seconds, live. */
export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = host.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, latest.current), latest.current.data, element);
    };
    make();
    const stopColours = colourScheme.follow(make);
    const observer = new ResizeObserver(() => {
      const { clientWidth } = element;
      if (clientWidth > 0 && clientWidth !== plot.current?.width) {
        plot.current?.setSize({ width: clientWidth, height: props.height ?? 130 });
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      stopColours();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.lines.length]);

  useEffect(() => {
    plot.current?.setData(props.data);
  }, [props.data]);

  return <div ref={host} class="chart" role="img" aria-label={props.label} />;
}
