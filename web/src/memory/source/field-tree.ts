/* The fields of a section as a tree: from the paths that are there now, and where each of them lies. */
import type { FieldPlace, FieldValue } from "../../api/layouts";

export interface FieldNode {
  /** As the daemon tells it: `readings[3].value`. */
  path: string;
  /** The last part of the path: a name, or `[3]`. */
  name: string;
  /** What the layout says of it; none where that was not told yet. */
  place: FieldPlace | null;
  /** Where it lies in the view. */
  offset: number | null;
  /** Null: it has a value of its own. */
  children: FieldNode[] | null;
}

export type Values = ReadonlyMap<string, FieldValue>;

/** A path in its parts: names, and indices with their brackets. */
export function partsOf(path: string): string[] {
  return path.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [path];
}

/** Where elements lie: those of the dimensions that no index was given for yet. */
interface Rest {
  strides: number[];
  delta: number;
}

function stridesOf(place: FieldPlace): number[] {
  if (place.stride === undefined) {
    return [];
  }
  const counts = Array.isArray(place.count) ? place.count : [place.count ?? 0];
  const strides = [place.stride];
  for (const count of counts.slice(1)) {
    strides.push(strides.at(-1)! / Math.max(1, count));
  }
  return strides;
}

class Builder {
  readonly roots: FieldNode[] = [];
  private readonly byPath = new Map<string, FieldNode>();
  private readonly rests = new Map<FieldNode, Rest>();

  constructor(private readonly places: FieldPlace[]) {}

  add(path: string): void {
    const parts = partsOf(path);
    let parent: FieldNode | null = null;
    let at = "";
    parts.forEach((part, i) => {
      at += part.startsWith("[") || at === "" ? part : `.${part}`;
      let node = this.byPath.get(at);
      if (!node) {
        node = this.make(parent, part, at);
        this.byPath.set(at, node);
        (parent ? parent.children! : this.roots).push(node);
      }
      if (i < parts.length - 1) {
        node.children ??= [];
      }
      parent = node;
    });
  }

  private make(parent: FieldNode | null, name: string, path: string): FieldNode {
    const node: FieldNode = { path, name, place: null, offset: null, children: null };
    const rest = parent ? this.rests.get(parent) : undefined;
    if (name.startsWith("[")) {
      const stride = rest?.strides[0] ?? 0;
      const delta = (rest?.delta ?? 0) + stride * Number(name.slice(1, -1));
      node.place = parent?.place ?? null;
      this.rests.set(node, { strides: rest?.strides.slice(1) ?? [], delta });
      node.offset = node.place && node.place.offset + delta;
    } else {
      const siblings = parent ? parent.place?.fields : this.places;
      node.place = siblings?.find((each) => each.name === name) ?? null;
      const delta = rest?.delta ?? 0;
      node.offset = node.place && node.place.offset + delta;
      this.rests.set(node, { strides: node.place ? stridesOf(node.place) : [], delta });
    }
    return node;
  }
}

export function treeOf(paths: Iterable<string>, places: FieldPlace[]): FieldNode[] {
  const builder = new Builder(places);
  for (const path of paths) {
    builder.add(path);
  }
  return builder.roots;
}

const isElement = (node: FieldNode): boolean => node.name.startsWith("[");

/** Whether a node is an array of structures that have values only, so that it is shown as a table. */
export function isTable({ children }: FieldNode): boolean {
  return children !== null && children.length > 0 && children.every((element) =>
    isElement(element) && element.children !== null &&
    element.children.every((member) => member.children === null && !isElement(member)));
}

/** What a row can be called, the best first. */
const NAMES = ["user_label", "label", "user_name", "name", "key"];
/** What people look for first in a table, after what a row is called. */
const FIRST = ["value", "unit", "minimum", "maximum", "average"];
/** Arrays of at most so many values stand in one line. */
const LINE_MOST = 8;

/** Whether a node is an array of few values, so that it is shown as a line of them. */
export function isLine({ children }: FieldNode): boolean {
  return children !== null && children.length > 0 && children.length <= LINE_MOST &&
    children.every((each) => isElement(each) && each.children === null);
}

/** Whether a node is a table of named values, for which people open a section of sensors. */
export function isReadings(node: FieldNode): boolean {
  const members = isTable(node) ? node.children![0]!.children!.map(({ name }) => name) : [];
  return members.includes("value") && NAMES.some((name) => members.includes(name));
}

/** The members of a table's elements, in the order in which they are shown. */
export function columnsOf(table: FieldNode): FieldNode[] {
  const columns = new Map<string, FieldNode>();
  for (const element of table.children ?? []) {
    for (const member of element.children ?? []) {
      if (!columns.has(member.name)) {
        columns.set(member.name, member);
      }
    }
  }
  const called = NAMES.find((name) => columns.has(name));
  const rank = ({ name }: FieldNode): number => {
    const at = FIRST.indexOf(name);
    return name === called ? -1 : at < 0 ? FIRST.length : at;
  };
  return [...columns.values()].sort((a, b) => rank(a) - rank(b));
}

/** How many values there are below. */
export function countOf(node: FieldNode): number {
  return node.children === null ? 1 : node.children.reduce((sum, each) => sum + countOf(each), 0);
}

/** What has the words in its path, its value, its unit or its note; rows and lines stay whole. */
export function filterTree(nodes: FieldNode[], words: string, values: Values): FieldNode[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") {
    return nodes;
  }
  const has = (text: string | undefined): boolean => text?.toLowerCase().includes(wanted) ?? false;
  const hasIt = (node: FieldNode): boolean => has(node.path) || has(node.place?.unit) ||
    has(node.place?.note) || has(String(values.get(node.path) ?? ""));
  const keep = (node: FieldNode): FieldNode[] => {
    if (node.children === null) {
      return hasIt(node) ? [node] : [];
    }
    if (isTable(node)) {
      const rows = node.children.filter((row) => row.children!.some(hasIt));
      return rows.length > 0 ? [{ ...node, children: rows }] : [];
    }
    if (isLine(node)) {
      return node.children.some(hasIt) ? [node] : [];
    }
    const children = node.children.flatMap(keep);
    return children.length > 0 ? [{ ...node, children }] : [];
  };
  return nodes.flatMap(keep);
}

/** The node of a path, or null. */
export function findNode(nodes: FieldNode[], path: string): FieldNode | null {
  for (const node of nodes) {
    if (node.path === path) {
      return node;
    }
    if (node.children && path.startsWith(node.path) && /[.[]/.test(path.charAt(node.path.length))) {
      return findNode(node.children, path);
    }
  }
  return null;
}
