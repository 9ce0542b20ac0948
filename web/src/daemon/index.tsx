import { useMemo, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { type Info, api } from "../api/api";
import { formatBytes, formatCount, formatDuration } from "../base/format";
import { Chart, type Line } from "../ui/chart";
import { usePolled } from "../ui/hooks";
import { Problem } from "../ui/problem";
import "./daemon.css";
import { type TimedSample, parseMetrics, ratesOf, remember, valuesOf } from "./metrics";

const REFRESH_MS = 1000;
const SPAN_S = 60;

interface ChartPlan {
  title: string;
  lines: (Line & { metric: string })[];
  kind: "rate" | "value";
  format: (value: number) => string;
  binary?: boolean;
}

const perSecond = (value: number) => formatCount(value, value < 10 ? 1 : 0);
const bytesPerSecond = (value: number) => `${formatBytes(value)}/s`;
const whole = (value: number) => (Number.isInteger(value) ? formatCount(value) : "");

const CHARTS: ChartPlan[] = [
  {
    title: "Requests a second", kind: "rate", format: perSecond,
    lines: [{ label: "requests", colour: "--series-1", metric: "sectiond_requests_total" }],
  },
  {
    title: "Bytes a second", kind: "rate", format: bytesPerSecond, binary: true,
    lines: [
      { label: "in", colour: "--series-2", metric: "sectiond_received_bytes_total" },
      { label: "out", colour: "--series-3", metric: "sectiond_sent_bytes_total" },
    ],
  },
  {
    title: "Connections", kind: "value", format: whole,
    lines: [{ label: "connections", colour: "--series-4", metric: "sectiond_connections" }],
  },
  {
    title: "Watchers", kind: "value", format: whole,
    lines: [{ label: "watchers", colour: "--series-6", metric: "sectiond_watchers" }],
  },
];

function lastOf(values: (number | null)[]): number | null {
  return values.at(-1) ?? null;
}

function ChartPanel({ plan, samples }: { plan: ChartPlan; samples: TimedSample[] }) {
  const columns = useMemo(
    () => plan.lines.map((line) =>
      (plan.kind === "rate" ? ratesOf : valuesOf)(samples, line.metric)),
    [plan, samples]);
  const data: uPlot.AlignedData = useMemo(
    () => [samples.map((each) => each.at_s), ...columns], [samples, columns]);
  const words = (value: number | null) => (value === null ? "–" : plan.format(value));
  return (
    <section class="panel chart-panel">
      <header>
        <h2>{plan.title}</h2>
        <span class="spacer" />
        {plan.lines.map((line, i) => (
          <span key={line.label} class="chart-value">
            {plan.lines.length > 1 && (
              <>
                <span class="swatch" style={{ background: `var(${line.colour})` }} />
                <span class="faint">{line.label}</span>
              </>
            )}
            <b>{words(lastOf(columns[i] ?? []))}</b>
          </span>
        ))}
      </header>
      <Chart label={`${plan.title}, the last ${SPAN_S} seconds`} lines={plan.lines} data={data}
        span_s={SPAN_S} format={plan.format} binary={plan.binary ?? false} />
    </section>
  );
}

function Meter({ label, value, most, format }: {
  label: string; value: number; most: number; format: (value: number) => string;
}) {
  return (
    <div class="meter">
      <div>
        <span>{label}</span>
        <span class="faint">{format(value)} of {format(most)}</span>
      </div>
      <meter min={0} max={most} high={most * 0.9} value={value} aria-label={label} />
    </div>
  );
}

const METERED = ["max_sections", "max_total_bytes"];
const LIMITS: Record<string, string> = {
  max_section_bytes: "Memory of one section",
  max_body_bytes: "Body of a request",
  max_watchers: "Watchers",
  max_watched_bytes: "Watched memory",
  max_connections: "Connections",
};

function limitRows(limits: Record<string, number>): [string, string][] {
  return Object.entries(limits).filter(([name]) => !METERED.includes(name)).map(([name, value]) => [
    LIMITS[name] ?? name.replaceAll("_", " "),
    value === Number.MAX_SAFE_INTEGER ? "no limit"
      : name.endsWith("_bytes") ? formatBytes(value) : formatCount(value),
  ]);
}

const flag = (value: unknown) => (value === true ? "yes" : value === false ? "no" : String(value));

function Rows({ rows }: { rows: [string, string][] }) {
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Facts({ title, rows }: { title: string; rows: [string, string][] }) {
  return (
    <section class="panel facts">
      <h2>{title}</h2>
      <Rows rows={rows} />
    </section>
  );
}

function InfoPanels({ info }: { info: Info }) {
  return (
    <div class="facts-grid">
      <Facts title="Program" rows={[
        ["Version", info.version],
        ["Platform", info.platform === "windows" ? "Windows" : "Linux"],
        ["Process id", String(info.pid)],
        ["Running for", formatDuration(info.uptime_s)],
        ["Address", location.host],
      ]} />
      <Facts title="Memory" rows={[
        ["Page", formatBytes(info.page_size)],
        ["Allocation granularity", formatBytes(info.allocation_granularity)],
        ...Object.entries(info.privileges).map(([name, value]): [string, string] => [
          name === "elevated" ? "Administrator's rights" : name.replaceAll("_", " "), flag(value),
        ]),
      ]} />
      <section class="panel facts">
        <h2>Used and allowed</h2>
        <Meter label="Sections" value={info.usage.sections} most={info.limits["max_sections"] ?? 1}
          format={formatCount} />
        <Meter label="Committed memory" value={info.usage.committed_bytes}
          most={info.limits["max_total_bytes"] ?? 1} format={formatBytes} />
        <Rows rows={limitRows(info.limits)} />
      </section>
    </div>
  );
}

/** The daemon's version, privileges, limits and load. */
export function DaemonView() {
  const samples = useRef<TimedSample[]>([]);
  const { data: info, error } = usePolled(api.info, REFRESH_MS);
  const { data: counted, error: uncounted } = usePolled(async () => {
    const sample = parseMetrics(await api.metrics());
    samples.current = remember(samples.current, { at_s: Date.now() / 1000, sample }, SPAN_S);
    return samples.current;
  }, REFRESH_MS);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Daemon</h1>
        {counted && (
          <span class="faint">the last minute, as far as this page was open</span>
        )}
      </div>
      <Problem of={error ?? uncounted} />
      {counted && (
        <div class="charts">
          {CHARTS.map((plan) => <ChartPanel key={plan.title} plan={plan} samples={counted} />)}
        </div>
      )}
      {info && <InfoPanels info={info} />}
    </div>
  );
}
