/** Layouts, which say what the bytes of a section mean, and the fields that are read by them. */
import { ApiProblem, type Held, api, request } from "./api";

export type FieldValue = number | string | boolean | null;

/** Where a field lies now; of an array, where its first element does. */
export interface FieldPlace {
  name: string;
  type: string;
  offset: number;
  size: number;
  /** Elements; of several dimensions a list. */
  count?: number | number[];
  /** From one element to the next; of several dimensions, of the first. */
  stride?: number;
  unit?: string;
  note?: string;
  /** What numbers mean, by their digits. */
  enum?: Record<string, string>;
  bit_shift?: number;
  bit_width?: number;
  /** The members of a structure, the rows of a table, the bits of a number. */
  fields?: FieldPlace[];
}

export interface FittingLayout {
  name: string;
  by: string[];
}

/** Something wrong with a layout: at a line of C, or at a JSON pointer. */
export interface LayoutError {
  detail: string;
  line?: number;
  column?: number;
  pointer?: string;
}

export type Abi = "win64" | "win32" | "sysv64" | "sysv32";

export interface Description {
  text: string;
  /** C declarations, or JSON. */
  isC: boolean;
  /** Null: the daemon's own. */
  abi: Abi | null;
  /** Which of several structures; null: the last. */
  struct: string | null;
}

/** A field as a layout declares it: what depends on the memory is no number. */
export interface DeclaredField {
  name: string;
  type: string;
  offset?: unknown;
  /** Of several dimensions a list. */
  count?: unknown;
  /** From one element of the last dimension to the next. */
  stride?: unknown;
  /** Of a string. */
  bytes?: unknown;
  encoding?: string;
  enum?: Record<string, string>;
  bits?: Record<string, { shift: number; width: number }>;
  bit_shift?: number;
  bit_width?: number;
  unit?: string;
  scale?: number;
  null_value?: number | string;
}

export interface DeclaredLayout {
  endian?: string;
  types?: Record<string, { size: number; fields: DeclaredField[] }>;
  fields: DeclaredField[];
  /** What the reading of C left out, passed over or decided. */
  notes?: LayoutError[];
}

/** How a layout is stored: not at all, only under a name that is free, or over the one that is there. */
export type Storing = "dry" | "new" | "over";

const of = ({ id }: Held) => `/v1/sections/${id}`;

async function get<T>(held: Held, path: string): Promise<T> {
  return api.json<T>("GET", path, undefined, undefined, held.instance);
}

async function put(name: string, description: Description, storing: Storing, signal?: AbortSignal) {
  const { text, isC, abi, struct } = description;
  const query = new URLSearchParams();
  if (storing === "dry") {
    query.set("dry_run", "1");
  }
  if (isC && abi !== null) {
    query.set("abi", abi);
  }
  if (isC && struct !== null) {
    query.set("struct", struct);
  }
  const response = await request(`/v1/layouts/${encodeURIComponent(name)}?${query}`, {
    method: "PUT", body: text, signal: signal ?? null,
    headers: {
      "Content-Type": isC ? "text/x-c" : "application/json",
      ...(storing === "new" ? { "If-None-Match": "*" } : {}),
    },
  });
  return (await response.json()) as DeclaredLayout;
}

export const layouts = {
  put,
  async names(): Promise<string[]> {
    const all: string[] = [];
    let next: string | null = "/v1/layouts?limit=1000";
    while (next !== null) {
      const page: { layouts: { name: string }[]; next: string | null } = await api.json("GET", next);
      all.push(...page.layouts.map(({ name }) => name));
      next = page.next;
    }
    return all;
  },
  async fitting(held: Held): Promise<FittingLayout[]> {
    return (await get<{ layouts: FittingLayout[] }>(held, `${of(held)}/layouts`)).layouts;
  },
  /** Where the fields lie, and the tag of that; null if the tag is `known` still. */
  async places(held: Held, layout: string, known: string | null) {
    const path = `${of(held)}/layout?layout=${encodeURIComponent(layout)}`;
    const headers = new Headers(known === null ? {} : { "If-None-Match": known });
    try {
      const response = await request(path, { headers }, held.instance);
      const { fields } = (await response.json()) as { fields: FieldPlace[] };
      return { fields, etag: response.headers.get("ETag") };
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 304) {
        return null;
      }
      throw error;
    }
  },
  /** The value of one field, undefined where it is not there, and the tag of it. */
  async read(held: Held, layout: string, path: string) {
    const query = new URLSearchParams({ layout, select: path });
    const response = await request(`${of(held)}/fields?${query}`, {}, held.instance);
    const { values } = (await response.json()) as { values: Record<string, FieldValue> };
    // Object.hasOwn: a field may be called like what every object has.
    return { value: Object.hasOwn(values, path) ? values[path] : undefined, etag: response.headers.get("ETag") };
  },
  /** Writes one field if the tag is that of it still. */
  async write(held: Held, layout: string, path: string, value: FieldValue, etag: string) {
    const query = new URLSearchParams({ layout, select: path });
    await request(`${of(held)}/fields?${query}`, {
      method: "PATCH", body: JSON.stringify({ [path]: value }),
      headers: { "Content-Type": "application/json", "If-Match": etag },
    }, held.instance);
  },
};
