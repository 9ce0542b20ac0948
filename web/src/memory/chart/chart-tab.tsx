import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { download } from "../../ui/clipboard";
import { useFollow } from "../../ui/hooks";
import type { Model } from "../source/model";
import { AddSeries } from "./add-series";
import "./chart.css";
import { LiveChart } from "./live-chart";
import type { Plot } from "./plot";
import { SeriesList } from "./series-list";

const SPANS: readonly (readonly [number, string])[] = [
  [10, "10 s"], [30, "30 s"], [60, "1 min"], [300, "5 min"], [1800, "30 min"],
];
const VALUES_EVERY_MS = 100;

/** Rows of values over time. */
export function ChartTab({ model, plot }: { model: Model; plot: Plot }) {
  useFollow(plot, () => VALUES_EVERY_MS);
  const [span, setSpan] = useState(30);
  const [paused, setPaused] = useState(false);
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<LiveChart | null>(null);

  const empty = plot.series.length === 0;
  useLayoutEffect(() => {
    if (empty) {
      return;
    }
    const made = new LiveChart(canvas.current!, plot, setPaused);
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [plot, empty]);
  useLayoutEffect(() => chart.current?.setSpan(span), [span, empty]);
  useLayoutEffect(() => chart.current?.setPaused(paused), [paused, empty]);

  const save = (): void => {
    const name = model.section.name?.replace(/[^\w.-]+/g, "_") ?? `section-${model.section.id}`;
    download(`${name}.csv`, "text/csv", plot.csv());
  };
  return (
    <div class="mem-chart">
      <AddSeries model={model} plot={plot} />
      {empty ? (
        <div class="empty">
          <p>
            Choose where a value stands and what type it has, and add it: it is charted from then
            on, each time it changes.
          </p>
          <p class="faint">What is selected in the hex view is filled in above.</p>
        </div>
      ) : (
        <>
          <div class="mem-bar toolbar">
            <button class="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
              {paused ? "Resume" : "Pause"}
            </button>
            <select
              class="select"
              aria-label="Time shown"
              value={String(span)}
              onChange={(event) => {
                setSpan(Number(event.currentTarget.value));
                setPaused(false);
              }}
            >
              {SPANS.map(([seconds, name]) => (
                <option key={seconds} value={String(seconds)}>
                  {name}
                </option>
              ))}
            </select>
            <span class="faint mem-hint">
              {paused ? "Resume to follow again." : "Drag over the chart to zoom."}
            </span>
            <span class="spacer" />
            <span class="faint mem-samples">{plot.samples.count.toLocaleString("en")} samples</span>
            <button class="button" onClick={() => plot.clear()}>
              Clear
            </button>
            <button class="button" onClick={save}>
              Save CSV
            </button>
          </div>
          <div ref={canvas} class="mem-plot" role="img" aria-label="The values over time" />
          <SeriesList plot={plot} />
        </>
      )}
    </div>
  );
}
