import { useMemo, useState } from "preact/hooks";
import type { Section } from "../api/api";
import { formatAgo, formatBytes, formatCount } from "../base/format";
import { useNow } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { addressOf, addressOfName } from "../ui/route";
import { SectionName } from "./name";

type Column = "id" | "name" | "origin" | "size" | "access" | "holders" | "watchers" | "last use";

const KEYS: Record<Column, (section: Section) => string | number> = {
  id: (section) => section.id,
  name: (section) => (section.name ?? section.label ?? section.backing.file ?? "\uffff").toLowerCase(),
  origin: (section) => section.origin,
  size: (section) => section.size,
  access: (section) => section.access,
  holders: (section) => section.handle_count ?? 0,
  watchers: (section) => section.stats.watchers,
  "last use": (section) => -Date.parse(section.last_used_at),
};

const NUMBERS: Column[] = ["id", "size", "holders", "watchers", "last use"];

interface Sorting {
  column: Column;
  down: boolean;
}

function sorted(sections: Section[], { column, down }: Sorting): Section[] {
  const key = KEYS[column];
  return [...sections].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    const order = left < right ? -1 : left > right ? 1 : a.id - b.id;
    return down ? -order : order;
  });
}

function ColumnHead({ column, sorting, onSort }: {
  column: Column; sorting: Sorting; onSort: (column: Column) => void;
}) {
  const active = sorting.column === column;
  return (
    <th class={`col-${column.replace(" ", "-")} ${NUMBERS.includes(column) ? "num" : ""}`}
      scope="col"
      aria-sort={active ? (sorting.down ? "descending" : "ascending") : undefined}>
      <button type="button" class="column" onClick={() => onSort(column)}>
        {column}
        <span class="column-order" aria-hidden="true">
          {active ? (sorting.down ? "↓" : "↑") : ""}
        </span>
      </button>
    </th>
  );
}

/** The arrow keys move from row to row, Delete asks to close; Enter follows the focused link. */
function onRowKey(event: KeyboardEvent, section: Section, onClose: (section: Section) => void) {
  const row = (event.currentTarget as HTMLElement).closest("tr")!;
  const next = event.key === "ArrowDown" ? row.nextElementSibling
    : event.key === "ArrowUp" ? row.previousElementSibling : null;
  if (next) {
    event.preventDefault();
    next.querySelector("a")?.focus();
  } else if (event.key === "Delete") {
    event.preventDefault();
    onClose(section);
  }
}

function Row({ section, isNamed, now, onClose }: {
  section: Section; isNamed: boolean; now: number; onClose: (section: Section) => void;
}) {
  const address = isNamed ? addressOfName(section) : addressOf(section);
  const used = formatAgo(section.last_used_at, now);
  return (
    <tr onKeyDown={(event) => onRowKey(event, section, onClose)}>
      <td class="num col-id faint">{section.id}</td>
      <td class="col-name">
        <a class="row-link" href={address}><SectionName section={section} /></a>
        {section.orphaned && (
          <span class="chip" title="Its name leads to another section, or nobody else holds it">
            orphaned
          </span>
        )}
        <span class="row-more">
          {section.origin} · {section.access} · {used}
        </span>
      </td>
      <td class="col-origin">
        {section.origin}
        {section.source && <span class="faint"> from {section.source.pid}</span>}
      </td>
      <td class="num col-size" title={`${formatCount(section.size)} bytes${
        section.size_exact ? "" : ", rounded up to pages"}`}>
        {formatBytes(section.size)}
      </td>
      <td class="col-access">{section.access}</td>
      <td class="num col-holders">{section.handle_count ?? <span class="faint">–</span>}</td>
      <td class="num col-watchers">{section.stats.watchers}</td>
      <td class="num col-last-use" title={section.last_used_at}>{used}</td>
      <td class="col-close">
        <button type="button" class="button button-quiet button-icon" title="Close"
          aria-label={`Close section ${section.id}`} onClick={() => onClose(section)}>
          <Icon name="close" />
        </button>
      </td>
    </tr>
  );
}

/** `named` has the ids that an address may name. */
export function SectionTable({ sections, named, onClose }: {
  sections: Section[]; named: Set<number>; onClose: (section: Section) => void;
}) {
  const [sorting, setSorting] = useState<Sorting>({ column: "id", down: false });
  const now = useNow();
  const rows = useMemo(() => sorted(sections, sorting), [sections, sorting]);
  const sortBy = (column: Column) => setSorting({
    column, down: sorting.column === column && !sorting.down,
  });
  return (
    <div class="panel table-frame">
      <table class="table sections">
        <caption class="sr-only">The sections that the daemon holds</caption>
        <thead>
          <tr>
            {(Object.keys(KEYS) as Column[]).map((column) => (
              <ColumnHead key={column} column={column} sorting={sorting} onSort={sortBy} />
            ))}
            <th class="col-close" scope="col"><span class="sr-only">close</span></th>
          </tr>
        </thead>
        <tbody>
          {rows.map((section) => (
            <Row key={section.id} section={section} isNamed={named.has(section.id)} now={now}
              onClose={onClose} />
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty">No section matches the filter.</p>}
    </div>
  );
}
