import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import {
  type FieldNode, columnsOf, countOf, isLine, isReadings, isTable,
} from "../source/field-tree";
import { brief, marked, numberOf } from "../source/field-values";
import type { Fields } from "../source/fields";
import { FieldCell, type Shown } from "./field-cell";
import { moveFocus } from "./move-focus";
import type { Line } from "./rows";
import { ROW_HEIGHT, useRows } from "./use-rows";
import { useWatched } from "./use-watched";

const GROUPS_MOST = 200;
/** A group of more values is closed at first, unless it is a table. */
const OPEN_MOST = 64;

/**
 * Values in a table, and below it what has parts of its own, in the order of the layout. Where there is
 * a table of readings, which is what the section is for, all else is closed at first.
 */
export function FieldGroup({ nodes, shown, label }: { nodes: FieldNode[]; shown: Shown; label: string }) {
  const hasReadings = useMemo(() => nodes.some(isReadings), [nodes]);
  const [most, setMost] = useState(GROUPS_MOST);
  const runs = runsOf(nodes);
  return (
    <>
      {runs.slice(0, most).map((run) => {
        if (!Array.isArray(run)) {
          return (
            <Branch key={run.path} node={run} shown={shown} isQuiet={hasReadings && !isReadings(run)} />
          );
        }
        const table = <FieldTable nodes={run} shown={shown} label={label} />;
        return hasReadings
          ? <Header key={run[0]!.path} nodes={run} shown={shown}>{table}</Header>
          : <div key={run[0]!.path}>{table}</div>;
      })}
      {runs.length > most && (
        <button class="button mem-small" onClick={() => setMost(most + GROUPS_MOST)}>
          {(runs.length - most).toLocaleString("en")} more
        </button>
      )}
    </>
  );
}

/** What stands one below the other in a table, as one; the others one by one. */
function runsOf(nodes: FieldNode[]): (FieldNode | FieldNode[])[] {
  const runs: (FieldNode | FieldNode[])[] = [];
  for (const node of nodes) {
    const last = runs.at(-1);
    if (node.children !== null && !isLine(node)) {
      runs.push(node);
    } else if (Array.isArray(last)) {
      last.push(node);
    } else {
      runs.push([node]);
    }
  }
  return runs;
}

interface FoldProps {
  isOpenAtFirst: boolean;
  shown: Shown;
  title?: string | undefined;
  summary: ComponentChildren;
  children: () => ComponentChildren;
}

/** What can be closed. While there is a filter it is open, and is afterwards as it was. */
function Fold({ isOpenAtFirst, shown, title, summary, children }: FoldProps) {
  const [open, setOpen] = useState(isOpenAtFirst);
  const isOpen = open || shown.open;
  return (
    <details class="mem-branch" open={isOpen}
      onToggle={(event) => !shown.open && setOpen(event.currentTarget.open)}>
      <summary title={title}>{summary}</summary>
      {isOpen && children()}
    </details>
  );
}

function Header({ nodes, shown, children }: {
  nodes: FieldNode[]; shown: Shown; children: ComponentChildren;
}) {
  const summary = (
    <span class="mem-branch-text faint">
      {nodes.length.toLocaleString("en")} more: <bdi class="mono">
        {nodes.slice(0, 12).map(({ name }) => marked(name)).join(", ")}{nodes.length > 12 && " …"}
      </bdi>
    </span>
  );
  return (
    <Fold isOpenAtFirst={false} shown={shown} summary={summary}>{() => children}</Fold>
  );
}

function Branch({ node, shown, isQuiet }: { node: FieldNode; shown: Shown; isQuiet: boolean }) {
  const { place } = node;
  const isArray = node.children![0]?.name.startsWith("[");
  const summary = (
    <span class="mem-branch-text">
      <bdi class="mono">{marked(node.name)}</bdi>
      <span class="faint">
        {place && ` ${marked(place.type)}`}
        {isArray && ` × ${node.children!.length.toLocaleString("en")}`}
        {place?.unit && ` in ${marked(place.unit)}`}
      </span>
    </span>
  );
  return (
    <Fold shown={shown} title={place?.note} summary={summary}
      isOpenAtFirst={!isQuiet && (isTable(node) || countOf(node) <= OPEN_MOST)}>
      {() => (isTable(node)
        ? <ElementTable node={node} shown={shown} />
        : <FieldGroup nodes={node.children!} shown={shown} label={node.path} />)}
    </Fold>
  );
}

const pathsOf = (nodes: FieldNode[], lines: Line[]): string[] =>
  lines.flatMap((line) => ("row" in line ? nodes[line.row]!.path : []));

const Gap = ({ rows, columns }: { rows: number; columns: number }) => (
  <tr class="mem-gap" aria-hidden="true">
    <td colSpan={columns} style={{ height: `${rows * ROW_HEIGHT}px` }} />
  </tr>
);

/** Names, values and units. `whole`: with the whole path of each. */
export function FieldTable({ nodes, shown, label, whole = false }: {
  nodes: FieldNode[]; shown: Shown; label: string; whole?: boolean;
}) {
  const { body, lines, tabRow, onFocusIn, rowCount } = useRows(nodes.length);
  useWatched(shown.fields, pathsOf(nodes, lines));
  return (
    <table class="table mem-values-table" aria-label={label} aria-rowcount={rowCount}
      onKeyDown={moveFocus} onFocusIn={onFocusIn}>
      <thead class="sr-only">
        <tr><th scope="col">Name</th><th scope="col">Value</th><th scope="col">Unit</th></tr>
      </thead>
      <tbody ref={body}>
        {lines.map((line) => {
          if ("gap" in line) {
            return <Gap key={`gap ${line.from}`} rows={line.gap} columns={3} />;
          }
          const node = nodes[line.row]!;
          return (
            <tr key={node.path} data-row={line.row} aria-rowindex={rowCount && line.row + 2}>
              <th scope="row" title={node.place?.note}>
                <bdi class="mono">{marked(whole ? node.path : node.name)}</bdi>
              </th>
              <td><Values node={node} shown={shown} first={line.row === tabRow} /></td>
              <td class="faint">{node.place?.unit && marked(node.place.unit)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** One value, or those of a short array side by side. */
function Values({ node, shown, first }: { node: FieldNode; shown: Shown; first: boolean }) {
  if (node.children === null) {
    return <FieldCell node={node} shown={shown} first={first} />;
  }
  return (
    <div class="mem-line">
      {node.children.map((each, i) => (
        <FieldCell key={each.path} node={each} shown={shown} first={first && i === 0} />
      ))}
    </div>
  );
}

/** An array of structures: an element a row, a member a column. */
function ElementTable({ node, shown }: { node: FieldNode; shown: Shown }) {
  const elements = node.children!;
  const columns = columnsOf(node);
  const { body, lines, tabRow, onFocusIn, rowCount } = useRows(elements.length);
  useWatched(shown.fields, pathsOf(elements, lines));
  const widths = useMemo(
    () => columns.map(({ name }) => widthOf(elements, name, shown.fields)),
    [node.path, elements.length, columns.length]);
  const classOf = ({ path, place }: FieldNode): string | undefined =>
    numberOf(shown.fields.values.get(path), place?.type) === null ? undefined : "num";
  const classes = columns.map(classOf);
  return (
    <table class="table mem-elements" aria-label={node.path} aria-rowcount={rowCount}
      onKeyDown={moveFocus} onFocusIn={onFocusIn}>
      <colgroup>
        <col />
        {/* In a narrow window a long name leaves room for the value beside it. */}
        {widths.map((width, i) => <col key={i} style={{ width: `min(${width}px, 40vw)` }} />)}
      </colgroup>
      <thead>
        <tr>
          <th scope="col"><span class="sr-only">Element</span></th>
          {columns.map(({ name, place }, i) => (
            <th key={name} scope="col" class={classes[i]} title={place?.note}>
              <bdi>{marked(name)}</bdi>
              {place?.unit && <span class="faint"> {marked(place.unit)}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {lines.map((line) => {
          if ("gap" in line) {
            return <Gap key={`gap ${line.from}`} rows={line.gap} columns={columns.length + 1} />;
          }
          const { path, name, children } = elements[line.row]!;
          return (
            <tr key={path} data-row={line.row} aria-rowindex={rowCount && line.row + 2}>
              <th scope="row" class="num faint">{name.slice(1, -1)}</th>
              {columns.map((column, i) => {
                const member = children!.find((each) => each.name === column.name);
                return (
                  <td key={column.name} class={classes[i]}>
                    {member && (
                      <FieldCell node={member} shown={shown} first={line.row === tabRow && i === 0} />
                    )}
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const CHARACTER_WIDTH = 7.83;
const CELL_PADDING = 26;
const CHARACTERS_MOST = 36;

/** Of all rows, so that a column does not change its width with those that are in view. */
function widthOf(elements: FieldNode[], name: string, { values }: Fields): number {
  let most = 3;
  for (const { children } of elements) {
    const member = children!.find((each) => each.name === name);
    most = Math.max(most, member ? brief(values.get(member.path)).length : 0);
  }
  return Math.ceil(Math.min(most, CHARACTERS_MOST) * CHARACTER_WIDTH) + CELL_PADDING;
}
