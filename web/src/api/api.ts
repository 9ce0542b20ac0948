/** The public API of the daemon, typed: every request of the dashboard goes through here. */
import { token } from "./session";
import type { ValueType } from "./value-types";

export type Access = "read" | "readwrite" | "writecopy";
export type Backing = { kind: "pagefile" | "shm" | "memfd" | "file" | "image"; file: string | null };

/** A section as one start of the daemon knows it: after another start its id is another section's. */
export interface Held {
  id: number;
  instance: string;
}

export interface Section extends Held {
  name: string | null;
  scope: "local" | "global" | null;
  label: string | null;
  origin: "created" | "opened" | "duplicated";
  created: boolean;
  size: number;
  size_exact: boolean;
  requested_size: number | null;
  access: Access;
  backing: Backing;
  view: { offset: number; length: number };
  pid: number;
  /** null: a System V segment that the daemon attached without a descriptor */
  handle: string | null;
  source: { pid: number; handle: string | null } | null;
  protected: boolean;
  inherit: boolean;
  handle_count: number | null;
  orphaned: boolean;
  /** The name of its layout. */
  layout: string | null;
  created_at: string;
  last_used_at: string;
  ttl_s: number;
  stats: {
    reads: number;
    writes: number;
    bytes_read: number;
    bytes_written: number;
    watchers: number;
  };
}

export interface CreateSection {
  name?: string;
  scope?: "local" | "global";
  size?: number;
  access?: Access;
  backing?: { file: string; open?: string };
  reserve?: boolean;
  label?: string;
  ttl_s?: number;
  if_exists?: "open" | "fail";
}

export interface OpenSection {
  name: string;
  scope?: "local" | "global";
  access?: Access;
  label?: string;
}

export interface DuplicateSection {
  pid: number;
  handle?: string;
  name?: string;
  index?: number;
  access?: Access;
  label?: string;
}

export interface Process {
  pid: number;
  name: string;
  parent_pid: number;
}

export interface FoundSection {
  index: number;
  handle: string | null;
  address: string | null;
  access: string[];
  size: number | null;
  name: string | null;
  backing: Backing | null;
  handle_count: number | null;
  id: number | null;
  instance: string;
}

export interface ProcessSections {
  partial: boolean;
  reason: string | null;
  sections: FoundSection[];
}

export interface NamedSection {
  name: string;
  scope: "local" | "global" | null;
  size: number | null;
  id: number | null;
  instance: string;
}

export interface Info {
  version: string;
  platform: "linux" | "windows";
  page_size: number;
  allocation_granularity: number;
  pid: number;
  /** Another at each start of the daemon. */
  instance: string;
  privileges: Record<string, boolean>;
  limits: Record<string, number>;
  /** What --deny has switched off. */
  denied: string[];
  usage: { sections: number; committed_bytes: number };
  uptime_s: number;
}

export type Value = number | string | boolean;

export interface ValuesQuery {
  type: ValueType;
  offset?: number;
  count?: number;
  stride?: number;
  endian?: "little" | "big";
}

export interface TextQuery {
  encoding: string;
  offset?: number;
  length?: number;
  terminator?: 0 | 1;
}

export interface AtomicRequest {
  op: "load" | "store" | "add" | "sub" | "and" | "or" | "xor" | "exchange" | "cas";
  type: Extract<ValueType, "u32" | "i32" | "u64" | "i64">;
  offset: number;
  value?: number | string;
  expected?: number | string;
}

export interface AtomicResult {
  previous: number | string;
  current: number | string;
  swapped: boolean;
}

export interface OsError {
  domain: string;
  code: number;
  name: string;
  message: string;
}

/** The daemon refused a request: its problem document (RFC 9457). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly call: string | null;
  readonly os: OsError | null;
  /** Each place that is wrong, where the daemon names several. */
  readonly errors: Record<string, unknown>[];

  constructor(status: number, document: Record<string, unknown>) {
    const title = String(document["title"] ?? `status ${status}`);
    const detail = String(document["detail"] ?? "");
    super(detail || title);
    this.status = status;
    this.code = String(document["code"] ?? "");
    this.title = title;
    this.detail = detail;
    this.call = typeof document["call"] === "string" ? document["call"] : null;
    this.os = (document["os"] as OsError | undefined) ?? null;
    this.errors = (document["errors"] as Record<string, unknown>[] | undefined) ?? [];
  }
}

/** The daemon did not answer. */
export class Unreachable extends Error {
  constructor() {
    super("The daemon does not answer.");
  }
}

/** Called with the outcome of every request: connection.ts sets these. */
export const observer = {
  answered: (): void => {},
  unreachable: (): void => {},
  unauthorized: (): void => {},
  /** A condition did not hold: perhaps that the daemon is the one that it was. */
  doubtful: (): void => {},
};

/** The daemon's instance, as connection.ts has heard last; every request says which one it means. */
let present = "";

export function meetInstance(instance: string): void {
  present = instance;
}

export function presentInstance(): string {
  return present;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  try {
    return new ApiProblem(response.status, (await response.json()) as Record<string, unknown>);
  } catch {
    return new ApiProblem(response.status, { title: response.statusText });
  }
}

/**
 * A request with the token of the session, unless it has one or is to have none; throws ApiProblem,
 * Unreachable, or AbortError. A daemon of another instance refuses it: whatever the page still has under
 * way after a restart changes nothing.
 */
export async function request(path: string, init: RequestInit = {}, instance = present,
  withToken = true): Promise<Response> {
  const headers = new Headers(init.headers);
  const known = token();
  const hasItsOwn = headers.has("Authorization") || !withToken;
  if (known !== null && !hasItsOwn) {
    headers.set("Authorization", `Bearer ${known}`);
  }
  if (instance !== "") {
    headers.set("Sectiond-Instance", instance);
  }
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted) {
      throw error;
    }
    observer.unreachable();
    throw new Unreachable();
  }
  observer.answered();
  if (response.ok) {
    return response;
  }
  if (response.status === 401 && !hasItsOwn) {
    observer.unauthorized();
  }
  if (response.status === 412) {
    observer.doubtful();
  }
  throw await problemOf(response);
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal,
  instance = present) {
  const init: RequestInit = { method, signal: signal ?? null };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const response = await request(path, init, instance);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

function query(parameters: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") {
      search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const at = ({ id }: Held) => `/v1/sections/${id}`;

/** What a section says of itself, and which start of the daemon that was. */
async function section(method: string, path: string, body?: unknown, instance = present): Promise<Section> {
  return { ...await json<Section>(method, path, body, undefined, instance), instance };
}

/** Every section that the daemon holds, page by page. */
async function sections(signal?: AbortSignal): Promise<Section[]> {
  const all: Section[] = [];
  const instance = present;
  let next: string | null = "/v1/sections?limit=1000";
  while (next !== null) {
    const page: { sections: Section[]; next: string | null } = await json(
      "GET", next, undefined, signal, instance);
    all.push(...page.sections.map((each) => ({ ...each, instance })));
    next = page.next;
  }
  return all;
}

/** A list of what was found, each with the start of the daemon that its id is of. */
async function found<T extends { sections: object[] }>(path: string): Promise<T> {
  const instance = present;
  const list = await json<T>("GET", path, undefined, undefined, instance);
  return { ...list, sections: list.sections.map((each) => ({ ...each, instance })) };
}

export const api = {
  json,
  sections,
  section: (held: Held) => section("GET", at(held), undefined, held.instance),
  /** What has a name now, of what the daemon holds. */
  named: (name: string) => section("GET", `/v1/sections/@${encodeURIComponent(name)}`),
  create: (body: CreateSection) => section("POST", "/v1/sections", body),
  open: (body: OpenSection) => section("POST", "/v1/sections/open", body),
  duplicate: (body: DuplicateSection) => section("POST", "/v1/sections/duplicate", body),
  change: (held: Held, body: object) => section("PATCH", at(held), body, held.instance),
  close: (held: Held) => json<void>("DELETE", at(held), undefined, undefined, held.instance),

  async read(held: Held, offset: number, length: number, signal?: AbortSignal) {
    const response = await request(`${at(held)}/data${query({ offset, length })}`, {
      signal: signal ?? null,
    }, held.instance);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { bytes, etag: response.headers.get("ETag") };
  },

  async write(held: Held, offset: number, bytes: Uint8Array<ArrayBuffer>,
    condition: { ifMatch?: string } = {}) {
    const headers: Record<string, string> = { "Content-Type": "application/octet-stream" };
    if (condition.ifMatch !== undefined) {
      headers["If-Match"] = condition.ifMatch;
    }
    const init = { method: "PUT", body: bytes, headers };
    await request(`${at(held)}/data${query({ offset })}`, init, held.instance);
  },

  async text(held: Held, parameters: TextQuery) {
    return (await request(`${at(held)}/text${query(parameters)}`, {}, held.instance)).text();
  },

  async putText(held: Held, parameters: TextQuery, text: string) {
    const init = { method: "PUT", body: text };
    await request(`${at(held)}/text${query(parameters)}`, init, held.instance);
  },

  values: (held: Held, parameters: ValuesQuery) =>
    json<{ type: ValueType; offset: number; values: Value[] }>(
      "GET", `${at(held)}/values${query(parameters)}`, undefined, undefined, held.instance),
  putValues: (held: Held, parameters: ValuesQuery, values: Value[]) =>
    json<void>("PUT", `${at(held)}/values${query(parameters)}`, { values }, undefined, held.instance),
  atomic: (held: Held, body: AtomicRequest) =>
    json<AtomicResult>("POST", `${at(held)}/atomic`, body, undefined, held.instance),
  batch: (ops: object[]) => json<{ results: Record<string, unknown>[] }>(
    "POST", "/v1/batch", { ops }),

  processes: (name: string) =>
    json<{ processes: Process[] }>("GET", `/v1/processes${query({ name })}`),
  processSections: (pid: number) =>
    found<ProcessSections>(`/v1/processes/${pid}/sections`),
  namespace: (parameters: { scope?: string; prefix?: string }) =>
    found<{ sections: NamedSection[] }>(`/v1/namespace${query(parameters)}`),
  /** Of whatever instance answers. */
  info: () => json<Info>("GET", "/v1/info", undefined, undefined, ""),
  /** Turns a code, which works once, into the token of a session. */
  async redeem(code: string) {
    const response = await request("/v1/codes/redeem", {
      method: "POST", body: JSON.stringify({ code }),
      headers: { "Content-Type": "application/json" },
    }, "", false);
    return (await response.json()) as { token: string; role: string };
  },
  /** Throws the daemon's ApiProblem if it does not accept the token. */
  async tryToken(text: string) {
    await request("/v1/info", { headers: { Authorization: `Bearer ${text}` } }, "");
  },
  async metrics() {
    return (await request("/metrics")).text();
  },
};
