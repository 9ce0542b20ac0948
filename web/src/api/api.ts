/** The public API of the daemon, typed: every request of the dashboard goes through here. */
import type { ValueType } from "./value-types";

export type Access = "read" | "readwrite" | "writecopy";
export type Backing = { kind: "pagefile" | "shm" | "memfd" | "file" | "image"; file: string | null };

export interface Section {
  id: number;
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
  handle: string;
  source: { pid: number; handle: string } | null;
  protected: boolean;
  inherit: boolean;
  handle_count: number | null;
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
}

export interface Info {
  version: string;
  platform: "linux" | "windows";
  page_size: number;
  allocation_granularity: number;
  pid: number;
  privileges: Record<string, boolean>;
  limits: Record<string, number>;
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
  }
}

/** The daemon did not answer. */
export class Unreachable extends Error {
  constructor() {
    super("The daemon does not answer.");
  }
}

const TOKEN_KEY = "sectiond-token";

/** Called with the outcome of every request: connection.ts sets these. */
export const observer = {
  answered: (): void => {},
  unreachable: (): void => {},
  unauthorized: (): void => {},
};

export function token(): string | null {
  return sessionStorage.getItem(TOKEN_KEY);
}

export function keepToken(text: string): void {
  sessionStorage.setItem(TOKEN_KEY, text);
}

async function problemOf(response: Response): Promise<ApiProblem> {
  try {
    return new ApiProblem(response.status, (await response.json()) as Record<string, unknown>);
  } catch {
    return new ApiProblem(response.status, { title: response.statusText });
  }
}

/** A request with the token, unless it has one; throws ApiProblem, Unreachable, or AbortError. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const known = token();
  const hasItsOwn = headers.has("Authorization");
  if (known !== null && !hasItsOwn) {
    headers.set("Authorization", `Bearer ${known}`);
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
  throw await problemOf(response);
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal) {
  const init: RequestInit = { method, signal: signal ?? null };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const response = await request(path, init);
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

const at = (id: number) => `/v1/sections/${id}`;

/** Every section that the daemon holds, page by page. */
async function sections(signal?: AbortSignal): Promise<Section[]> {
  const all: Section[] = [];
  let next: string | null = "/v1/sections?limit=1000";
  while (next !== null) {
    const page: { sections: Section[]; next: string | null } = await json(
      "GET", next, undefined, signal);
    all.push(...page.sections);
    next = page.next;
  }
  return all;
}

export const api = {
  json,
  sections,
  section: (id: number) => json<Section>("GET", at(id)),
  create: (body: CreateSection) => json<Section>("POST", "/v1/sections", body),
  open: (body: OpenSection) => json<Section>("POST", "/v1/sections/open", body),
  duplicate: (body: DuplicateSection) => json<Section>("POST", "/v1/sections/duplicate", body),
  change: (id: number, body: object) => json<Section>("PATCH", at(id), body),
  close: (id: number) => json<void>("DELETE", at(id)),

  async read(id: number, offset: number, length: number, signal?: AbortSignal) {
    const response = await request(`${at(id)}/data${query({ offset, length })}`, {
      signal: signal ?? null,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { bytes, etag: response.headers.get("ETag") };
  },

  async write(id: number, offset: number, bytes: Uint8Array<ArrayBuffer>,
    condition: { ifMatch?: string } = {}) {
    const headers: Record<string, string> = { "Content-Type": "application/octet-stream" };
    if (condition.ifMatch !== undefined) {
      headers["If-Match"] = condition.ifMatch;
    }
    await request(`${at(id)}/data${query({ offset })}`, { method: "PUT", body: bytes, headers });
  },

  async text(id: number, parameters: TextQuery) {
    return (await request(`${at(id)}/text${query(parameters)}`)).text();
  },
  async putText(id: number, parameters: TextQuery, text: string) {
    await request(`${at(id)}/text${query(parameters)}`, { method: "PUT", body: text });
  },

  values: (id: number, parameters: ValuesQuery) =>
    json<{ type: ValueType; offset: number; values: Value[] }>(
      "GET", `${at(id)}/values${query(parameters)}`),
  putValues: (id: number, parameters: ValuesQuery, values: Value[]) =>
    json<void>("PUT", `${at(id)}/values${query(parameters)}`, { values }),
  atomic: (id: number, body: AtomicRequest) =>
    json<AtomicResult>("POST", `${at(id)}/atomic`, body),
  batch: (ops: object[]) => json<{ results: Record<string, unknown>[] }>(
    "POST", "/v1/batch", { ops }),

  processes: (name: string) =>
    json<{ processes: Process[] }>("GET", `/v1/processes${query({ name })}`),
  processSections: (pid: number) =>
    json<ProcessSections>("GET", `/v1/processes/${pid}/sections`),
  namespace: (parameters: { scope?: string; prefix?: string }) =>
    json<{ sections: NamedSection[] }>("GET", `/v1/namespace${query(parameters)}`),
  info: () => json<Info>("GET", "/v1/info"),
  /** Throws the daemon's ApiProblem if it does not accept the token. */
  async tryToken(text: string) {
    await request("/v1/info", { headers: { Authorization: `Bearer ${text}` } });
  },
  async metrics() {
    return (await request("/metrics")).text();
  },
};
