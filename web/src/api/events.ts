/**
 * The event stream that all views share. A view subscribes to a range of a section; all ranges are
 * asked for in one request, which is made again when they change. Ranges over the 64 that a stream
 * may have, as a chart and a large picture together can need, go into further streams.
 */
import { ApiProblem, type Held, api, presentInstance, request } from "./api";

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

interface Subscription {
  watch: Watch;
  handlers: WatchHandlers;
}

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
  const subscription = { watch, handlers };
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

const keyOf = (id: number, { offset, length }: { offset: number; length: number }) =>
  `${id}:${offset}:${length}`;

/** Reads one stream to its end. If it was not aborted here, the streams are started again later. */
async function readStream(controller: AbortController, watched: Subscription[]): Promise<void> {
  const byKey = new Map<string, Subscription[]>();
  for (const each of watched) {
    const key = keyOf(each.watch.section.id, each.watch);
    byKey.set(key, [...(byKey.get(key) ?? []), each]);
  }
  const interval = Math.min(...watched.map((each) => each.watch.interval_ms));
  const ranges = [...byKey.keys()].map((key) => `watch=${key}`).join("&");
  try {
    const response = await request(`/v1/events?${ranges}&interval_ms=${interval}`, {
      signal: controller.signal,
    }, watched[0]!.watch.section.instance);
    await readEvents(response, (name, data) => deliver(byKey, name, data));
  } catch (error) {
    if (!controller.signal.aborted) {
      failures++;
      if (error instanceof ApiProblem && (error.status === 404 || error.status === 410)) {
        await dropGone(watched);
      }
    }
  }
  watched.filter((each) => subscriptions.has(each)).forEach((each) => each.handlers.lost?.());
  if (!controller.signal.aborted && subscriptions.size > 0) {
    restartSoon(Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS));
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
}

function deliver(byKey: Map<string, Subscription[]>, name: string, data: string): void {
  const event = JSON.parse(data) as EventData;
  const targets = (byKey.get(keyOf(event.section, event)) ?? []).filter((each) => subscriptions.has(each));
  if (name === "snapshot" && event.data !== undefined) {
    const bytes = decodeBase64(event.data);
    targets.forEach((each) => each.handlers.snapshot(bytes.slice()));
  } else if (name === "change" && event.ranges !== undefined) {
    const ranges = event.ranges.map(({ offset, data: text }) => ({
      offset, bytes: decodeBase64(text),
    }));
    const at = typeof event.at === "string" ? Date.parse(event.at) : (event.at ?? Date.now());
    targets.forEach((each) => each.handlers.change(ranges, at));
  } else if (name === "orphaned") {
    targets.forEach((each) => each.handlers.orphaned?.());
  } else if (name === "gone" && event.reason !== "shutdown") {
    endAll(targets, event.reason ?? "closed");
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
