import { useState } from "preact/hooks";
import { type FieldNode, columnsOf, countOf, isTable } from "../source/field-tree";
import { marked } from "../source/field-values";
import { FieldCell, type Shown } from "./field-cell";

const ROWS_MOST = 200;
/** A group of more values is closed at first, unless it is a table. */
const OPEN_MOST = 64;

/** Values in a table, and below it what has parts of its own, in the order of the layout. */
export function FieldGroup({ nodes, shown, label }: { nodes: FieldNode[]; shown: Shown; label: string }) {
  const runs: (FieldNode | FieldNode[])[] = [];
  for (const node of nodes) {
    const last = runs.at(-1);
    if (node.children !== null) {
      runs.push(node);
    } else if (Array.isArray(last)) {
      last.push(node);
    } else {
      runs.push([node]);
    }
  }
  const { rows, more } = useFirst(runs);
  return (
    <>
      {rows.map((run) => Array.isArray(run)
        ? <FieldTable key={run[0]!.path} nodes={run} shown={shown} label={label} />
        : <Branch key={run.path} node={run} shown={shown} />)}
      {more}
    </>
  );
}

function Branch({ node, shown }: { node: FieldNode; shown: Shown }) {
  const table = isTable(node);
  const [open, setOpen] = useState(table || countOf(node) <= OPEN_MOST);
  const isOpen = open || shown.open;
  const { place } = node;
  const elements = node.children!.length;
  return (
    <details class="mem-branch" open={isOpen}
      onToggle={(event) => !shown.open && setOpen(event.currentTarget.open)}>
      <summary title={place?.note}>
        <bdi class="mono">{marked(node.name)}</bdi>
        <span class="faint">
          {place && ` ${place.type}`}
          {node.children![0]?.name.startsWith("[") && ` × ${elements.toLocaleString("en")}`}
          {place?.unit && ` in ${place.unit}`}
        </span>
      </summary>
      {isOpen && (table
        ? <ElementTable node={node} shown={shown} />
        : <FieldGroup nodes={node.children!} shown={shown} label={node.path} />)}
    </details>
  );
}

/** Names, values and units. `whole`: with the whole path of each. */
export function FieldTable({ nodes, shown, label, whole = false }: {
  nodes: FieldNode[]; shown: Shown; label: string; whole?: boolean;
}) {
  const { rows, more } = useFirst(nodes);
  return (
    <div class="mem-values-frame" onKeyDown={moveFocus}>
      <table class="table mem-values-table" aria-label={label}>
        <thead class="sr-only">
          <tr><th scope="col">Name</th><th scope="col">Value</th><th scope="col">Unit</th></tr>
        </thead>
        <tbody>
          {rows.map((node, i) => (
            <tr key={node.path}>
              <th scope="row" title={node.place?.note}>
                <bdi class="mono">{marked(whole ? node.path : node.name)}</bdi>
              </th>
              <td><FieldCell node={node} shown={shown} first={i === 0} /></td>
              <td class="faint">{node.place?.unit && marked(node.place.unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}

/** An array of structures: an element a row, a member a column. */
function ElementTable({ node, shown }: { node: FieldNode; shown: Shown }) {
  const columns = columnsOf(node);
  const { rows, more } = useFirst(node.children!);
  return (
    <div class="mem-values-frame" onKeyDown={moveFocus}>
      <table class="table mem-elements" aria-label={node.path}>
        <thead>
          <tr>
            <th scope="col"><span class="sr-only">Element</span></th>
            {columns.map(({ name, place }) => (
              <th key={name} scope="col" title={place?.note}>
                <bdi>{marked(name)}</bdi>
                {place?.unit && <span class="faint"> {marked(place.unit)}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((element, i) => (
            <tr key={element.path}>
              <th scope="row" class="num faint">{element.name.slice(1, -1)}</th>
              {columns.map(({ name }, column) => {
                const member = element.children!.find((each) => each.name === name);
                return (
                  <td key={name}>
                    {member && (
                      <FieldCell node={member} shown={shown} first={i === 0 && column === 0} />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}

/** The first rows, and a button for more of them. */
function useFirst<T>(all: T[]) {
  const [most, setMost] = useState(ROWS_MOST);
  const more = all.length > most && (
    <button class="button mem-small" onClick={() => setMost(most + 5 * ROWS_MOST)}>
      {(all.length - most).toLocaleString("en")} more
    </button>
  );
  return { rows: all.slice(0, most), more };
}

const STEPS: Record<string, [number, number]> = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};

/** Arrow keys lead from value to value; Tab leads past the table. */
function moveFocus(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const cell = (event.target as HTMLElement).closest("td");
  const row = cell?.closest("tr");
  if (!step || !cell || !row || !(event.target instanceof HTMLButtonElement)) {
    return;
  }
  const rows = [...row.closest("tbody")!.rows];
  const to = rows[rows.indexOf(row) + step[0]]?.cells[cell.cellIndex + step[1]]?.querySelector("button");
  if (to) {
    event.preventDefault();
    to.focus();
  }
}
