import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ValueType, typeOf } from "../../api/value-types";
import { download } from "../../ui/clipboard";
import { useFollow } from "../../ui/hooks";
import { ByteOrderSelect, TypeSelect } from "../../ui/value-selects";
import type { Model } from "../source/model";
import { parseOffset } from "../source/selection";
import "./chart.css";
import { LiveChart } from "./live-chart";
import type { Plot } from "./plot";
import { SERIES_MOST } from "./samples";

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
      <AddRows model={model} plot={plot} />
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

function SeriesList({ plot }: { plot: Plot }) {
  return (
    <ul class="mem-series" aria-label="Series">
      {plot.series.map((series, i) => (
        <li key={series.colour}>
          <label class="check">
            <input
              type="checkbox"
              checked={series.shown}
              onChange={(event) => plot.show(series, event.currentTarget.checked)}
            />
            <span class="mem-swatch" style={{ background: `var(--series-${series.colour + 1})` }} />
            <span class="mono">{series.name}</span>
            {!series.little && <span class="faint">big-endian</span>}
          </label>
          <output class="mono">{plot.value(i)}</output>
          <button
            class="button button-quiet mem-small"
            aria-label={`Remove ${series.name}`}
            onClick={() => plot.remove(series)}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}

function AddRows({ model, plot }: { model: Model; plot: Plot }) {
  const [type, setType] = useState<ValueType>("f64");
  const [little, setLittle] = useState(true);
  const [offset, setOffset] = useState(`0x${model.start.toString(16)}`);
  const [count, setCount] = useState(countOf(model, "f64"));
  const [stride, setStride] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    try {
      const from = parseOffset(offset, model.start, model.size);
      if (from === null) {
        throw new Error(`No such offset: the last is 0x${(model.size - 1).toString(16)}.`);
      }
      const step = stride === "" ? typeOf(type).size : Number(stride);
      plot.add({ type, little, offset: from, count: Number(count), stride: step });
      setWrong(null);
    } catch (error) {
      setWrong((error as Error).message);
    }
  };
  return (
    <form class="mem-bar mem-fields" onSubmit={onSubmit}>
      <label class="field">
        <span>Type</span>
        <TypeSelect
          value={type}
          onChange={(chosen) => {
            setType(chosen);
            setCount(countOf(model, chosen));
          }}
        />
      </label>
      <label class="field">
        <span>Byte order</span>
        <ByteOrderSelect value={little} onChange={setLittle} />
      </label>
      <label class="field">
        <span>Offset</span>
        <input
          class="input mono mem-field-offset"
          spellcheck={false}
          value={offset}
          onInput={(event) => setOffset(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Rows</span>
        <input
          class="input mem-field-number"
          type="number"
          min={1}
          max={SERIES_MOST}
          required
          value={count}
          onInput={(event) => setCount(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Stride in bytes</span>
        <input
          class="input mem-field-number"
          type="number"
          min={1}
          placeholder={String(typeOf(type).size)}
          value={stride}
          onInput={(event) => setStride(event.currentTarget.value)}
        />
      </label>
      <button class="button button-primary">Add to chart</button>
      <span class="mem-wrong" role="alert">
        {wrong}
      </span>
    </form>
  );
}

/** How many values of the type are selected, from 1 to the most that the chart takes. */
function countOf(model: Model, type: ValueType): string {
  const count = Math.floor(model.length / typeOf(type).size);
  return String(Math.max(1, Math.min(SERIES_MOST, count)));
}
