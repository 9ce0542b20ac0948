/**
 * The event stream that all views share. A view subscribes to a range of a section, or to its fields by
 * a layout; all are asked for in one request, which is made again when they change. Those over the 64
 * that a stream may have, as a chart and a large picture together can need, go into further streams.
 */
import { ApiProblem, type Held, api, presentInstance, request } from "./api";
import type { FieldValue } from "./layouts";

/** A range of a section's view that somebody looks at. */
export interface Watch {
  section: Held;
  offset: number;
  length: number;
  interval_ms: number;
}

/** Bytes at an offset of the view. */
export interface Range {
  offset: number;
  bytes: Uint8Array;
}

export interface WatchHandlers {
  /** All bytes of the range: at the start of each stream. */
  snapshot(bytes: Uint8Array): void;
  /** What changed since; `at` is the daemon's clock, in milliseconds since 1970. */
  change(ranges: Range[], at: number): void;
  /** The stream has ended or is replaced: until the next snapshot changes are not told. */
  lost?(): void;
  /** The name of the section is another object's now, or nobody else holds the section. */
  orphaned?(): void;
  /** The section was closed or its memory is gone: nothing follows. */
  gone(reason: string): void;
}

/** Fields of a section by a layout. */
export interface FieldsWatch {
  section: Held;
  layout: string;
  /** The paths of those that are watched; null: all. */
  select: readonly string[] | null;
  interval_ms: number;
}

export interface FieldsHandlers {
  /**
   * All values of what was selected when the stream began, by their paths, in the order of the layout:
   * first, and when much is another.
   */
  values(values: Record<string, FieldValue>, at: number, select: readonly string[] | null): void;
  /** The values that changed, and the paths of those that are not there any more. */
  changed(values: Record<string, FieldValue>, absent: string[], at: number): void;
  /** For a second no copy was consistent. */
  torn(): void;
  /** The bytes are not those of the layout, or it is none any more. More may follow. */
  problem(problem: ApiProblem): void;
  lost?(): void;
  orphaned?(): void;
  gone(reason: string): void;
}

type Subscription = { key: string; handlers: Pick<WatchHandlers, "lost" | "orphaned" | "gone"> } & (
  | { watch: Watch; bytes: WatchHandlers; fields: null }
  | { watch: FieldsWatch; bytes: null; fields: FieldsHandlers });

const RANGES_MAX = 64;
const REGROUP_MS = 60;
const RETRY_MS = 300;
const RETRY_MAX_MS = 10_000;

const subscriptions = new Set<Subscription>();
let streams: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Failed attempts in a row: each doubles the delay before the next. */
let failures = 0;

/** Watches a range until the returned function is called. */
export function subscribe(watch: Watch, handlers: WatchHandlers): () => void {
  const key = keyOf(watch.section.id, watch);
  return add({ key, watch, handlers, bytes: handlers, fields: null });
}

/** Fields that are watched. */
export interface FieldsSubscription {
  stop(): void;
  /** Watches these instead; what is told until the stream with them begins is of those before. */
  select(select: readonly string[] | null): void;
}

export function subscribeFields(of: FieldsWatch, handlers: FieldsHandlers): FieldsSubscription {
  const watch = { ...of };
  const key = keyOf(watch.section.id, watch);
  const stop = add({ key, watch, handlers, bytes: null, fields: handlers });
  return {
    stop,
    select(select) {
      watch.select = select;
      restartSoon(REGROUP_MS);
    },
  };
}

function add(subscription: Subscription): () => void {
  subscriptions.add(subscription);
  failures = 0;
  restartSoon(REGROUP_MS);
  return () => {
    if (subscriptions.delete(subscription)) {
      restartSoon(REGROUP_MS);
    }
  };
}

/** Tries again at once: the connection is back, or the token is another. */
export function reconnect(): void {
  failures = 0;
  restartSoon(0);
}

function restartSoon(delay_ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(restart, delay_ms);
}

function restart(): void {
  streams?.abort();
  streams = null;
  const instance = presentInstance();
  endAll([...subscriptions].filter((each) => each.watch.section.instance !== instance), "restarted");
  if (subscriptions.size > 0) {
    streams = new AbortController();
    const all = [...subscriptions];
    for (let i = 0; i < all.length; i += RANGES_MAX) {
      void readStream(streams, all.slice(i, i + RANGES_MAX));
    }
  }
}

const keyOf = (id: number, of: { offset?: number; length?: number; layout?: string }) =>
  of.layout === undefined ? `${id}:${of.offset}:${of.length}` : `${id}/${of.layout}`;

/** Ranges alone stand in the address, fields in a body. */
function ask(watched: Stream, interval_ms: number, signal: AbortSignal): Promise<Response> {
  const all = [...watched.values()];
  const { instance } = all[0]!.subscriptions[0]!.watch.section;
  if (all.every(({ subscriptions: [first] }) => first!.bytes)) {
    const ranges = [...watched.keys()].map((key) => `watch=${key}`).join("&");
    return request(`/v1/events?${ranges}&interval_ms=${interval_ms}`, { signal }, instance);
  }
  const watch = all.map(({ subscriptions: [first], select }) => (first!.bytes
    ? { id: first!.watch.section.id, offset: first!.watch.offset, length: first!.watch.length }
    : { id: first!.watch.section.id, layout: first!.watch.layout, ...(select && { select }) }));
  return request("/v1/events", {
    method: "POST", body: JSON.stringify({ watch, interval_ms }), signal,
    headers: { "Content-Type": "application/json" },
  }, instance);
}

/** What one stream tells, by the keys of its events. */
type Stream = Map<string, { subscriptions: Subscription[]; select: readonly string[] | null }>;

/** Events do not tell what was selected: those who watch fields by the same layout are told all. */
function streamOf(watched: Subscription[]): Stream {
  const byKey: Stream = new Map();
  for (const each of watched) {
    const select = each.fields ? each.watch.select : null;
    const known = byKey.get(each.key);
    byKey.set(each.key, {
      subscriptions: [...(known?.subscriptions ?? []), each],
      select: known ? null : select,
    });
  }
  return byKey;
}

/** Reads one stream to its end. If it was not aborted here, the streams are started again later. */
async function readStream(controller: AbortController, watched: Subscription[]): Promise<void> {
  const byKey = streamOf(watched);
  const interval = Math.min(...watched.map((each) => each.watch.interval_ms));
  try {
    const response = await ask(byKey, interval, controller.signal);
    await readEvents(response, (name, data) => deliver(byKey, name, data));
  } catch (error) {
    if (!controller.signal.aborted) {
      failures++;
      if (error instanceof ApiProblem) {
        await dropRefused(watched, error);
      }
    }
  }
  watched.filter((each) => subscriptions.has(each)).forEach((each) => each.handlers.lost?.());
  if (!controller.signal.aborted && subscriptions.size > 0) {
    restartSoon(Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS));
  }
}

/** Ends what the daemon will refuse again. A token that has run out, or too many requests, is none of it. */
async function dropRefused(watched: Subscription[], problem: ApiProblem): Promise<void> {
  const held = subscriptions.size;
  if (problem.status === 404 || problem.status === 410) {
    await dropGone(watched);
  }
  const isOfFields = [400, 404, 409].includes(problem.status);
  if (isOfFields && subscriptions.size === held) {
    dropFields(watched, problem);
  }
}

/** Finds which of the sections are gone, and ends the subscriptions to them. */
async function dropGone(watched: Subscription[]): Promise<void> {
  for (const held of new Map(watched.map(({ watch }) => [watch.section.id, watch.section])).values()) {
    try {
      await api.section(held);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) {
        endAll(watched.filter((each) => each.watch.section.id === held.id), "closed");
      }
    }
  }
}

/** The request was refused: bytes can be watched without the fields, such as those of no layout. */
function dropFields(watched: Subscription[], problem: ApiProblem): void {
  for (const each of watched) {
    if (each.fields && subscriptions.delete(each)) {
      each.fields.problem(problem);
    }
  }
}

function endAll(ended: Subscription[], reason: string): void {
  for (const each of ended) {
    if (subscriptions.delete(each)) {
      each.handlers.gone(reason);
    }
  }
}

type EventSink = (name: string, data: string) => void;

/** Splits a stream of Server-Sent Events into events. */
async function readEvents(response: Response, sink: EventSink): Promise<void> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let unfinished = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    unfinished += value;
    const events = unfinished.split("\n\n");
    unfinished = events.pop() ?? "";
    for (const event of events) {
      parseEvent(event, sink);
    }
  }
}

function parseEvent(text: string, sink: EventSink): void {
  let name = "message";
  let data = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("event:")) {
      name = line.slice(6).trim();
    } else if (line.startsWith("data:")) {
      data += line.slice(5).trimStart();
    }
  }
  if (data !== "") {
    sink(name, data);
  }
}

interface EventData {
  section: number;
  offset: number;
  length: number;
  data?: string;
  at?: string | number;
  ranges?: { offset: number; data: string }[];
  reason?: string;
  layout?: string;
  values?: Record<string, FieldValue>;
  absent?: string[];
  problem?: Record<string, unknown>;
}

function deliver(byKey: Stream, name: string, data: string): void {
  const event = JSON.parse(data) as EventData;
  const told = byKey.get(keyOf(event.section, event));
  const targets = (told?.subscriptions ?? []).filter((each) => subscriptions.has(each));
  const at = typeof event.at === "string" ? Date.parse(event.at) : (event.at ?? Date.now());
  if (name === "snapshot" && event.data !== undefined) {
    const bytes = decodeBase64(event.data);
    targets.forEach((each) => each.bytes?.snapshot(bytes.slice()));
  } else if (name === "change" && event.ranges !== undefined) {
    const ranges = event.ranges.map(({ offset, data: text }) => ({
      offset, bytes: decodeBase64(text),
    }));
    targets.forEach((each) => each.bytes?.change(ranges, at));
  } else if (event.layout !== undefined && name !== "orphaned" && name !== "gone") {
    targets.forEach((each) => each.fields && deliverFields(each.fields, name, event, at, told!.select));
  } else if (name === "orphaned") {
    targets.forEach((each) => each.handlers.orphaned?.());
  } else if (name === "gone" && event.reason !== "shutdown") {
    endAll(targets, event.reason ?? "closed");
  }
}

function deliverFields(fields: FieldsHandlers, name: string, event: EventData, at: number,
  select: readonly string[] | null): void {
  if (name === "snapshot" && event.values) {
    fields.values(event.values, at, select);
  } else if (name === "change" && event.values) {
    fields.changed(event.values, event.absent ?? [], at);
  } else if (name === "torn") {
    fields.torn();
  } else if (name === "problem" && event.problem) {
    fields.problem(new ApiProblem(Number(event.problem["status"]), event.problem));
  }
}

function decodeBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  return bytes;
}
