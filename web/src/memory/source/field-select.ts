/* Which fields are watched: those that are shown, as paths that the daemon takes. */
import { type FieldNode, partsOf } from "./field-tree";

/** As many paths as the daemon takes at once. */
const SELECT_MOST = 64;

/** Null: all fields. */
export type Select = readonly string[] | null;

/**
 * The paths to ask for so that the values of all wanted ones, and of what is below them, come. Where all
 * parts of a field are wanted it is asked for as a whole, so that parts that come later are told, too;
 * of too many paths what they have in common is.
 */
export function selectOf(wanted: ReadonlySet<string>, tree: FieldNode[], most = SELECT_MOST): Select {
  const isWhole = (nodes: FieldNode[], paths: string[]): boolean =>
    paths.length === nodes.length && nodes.every(({ path }, i) => paths[i] === path);
  const pathsOf = (node: FieldNode): string[] => {
    if (wanted.has(node.path)) {
      return [node.path];
    }
    const children = node.children ?? [];
    const paths = children.flatMap(pathsOf);
    return children.length > 0 && isWhole(children, paths) ? [node.path] : paths;
  };
  const paths = tree.flatMap(pathsOf);
  if (paths.length === 0) {
    return firstOf(tree); // the state of the section is told with one value, too
  }
  return isWhole(tree, paths) ? null : shortened(paths, most);
}

function firstOf([first]: FieldNode[]): Select {
  return first === undefined ? null : first.children === null ? [first.path] : firstOf(first.children);
}

function shortened(paths: string[], most: number): Select {
  if (paths.length <= most) {
    return paths;
  }
  const depth = Math.max(...paths.map((path) => partsOf(path).length)) - 1;
  return depth === 0 ? null : shortened([...new Set(paths.map((path) => upTo(path, depth)))], most);
}

function upTo(path: string, depth: number): string {
  return partsOf(path).slice(0, depth)
    .reduce((all, part) => (part.startsWith("[") ? all + part : `${all}.${part}`));
}

/** Whether the value of a path is among what is asked for. */
export function isSelected(path: string, select: ReadonlySet<string>): boolean {
  if (select.has(path)) {
    return true;
  }
  for (let i = path.length - 1; i > 0; i--) {
    if ((path[i] === "." || path[i] === "[") && select.has(path.slice(0, i))) {
      return true;
    }
  }
  return false;
}
