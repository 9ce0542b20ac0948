import { useMemo, useRef, useState } from "preact/hooks";
import { type Section, api } from "../api/api";
import { formatBytes } from "../base/format";
import { useKeys, usePolled } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";
import { addressOfNew, goTo, reachedByName } from "../ui/route";
import { SearchField } from "../ui/search";
import { CloseDialog, CreateDialog, DuplicateDialog, OpenDialog } from "./dialogs";
import { EmptySections } from "./empty";
import "./sections.css";
import { SectionTable } from "./table";

const REFRESH_MS = 1000;

type Asking = { what: "create" | "open" | "duplicate" } | { what: "close"; section: Section } | null;

/** The text that the filter looks in. */
function wordsOf(section: Section): string {
  return [section.name, section.label, section.id, section.origin, section.access,
    section.backing.kind, section.backing.file].join(" ").toLowerCase();
}

function matching(sections: Section[], filter: string): Section[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return sections.filter((section) => {
    const text = wordsOf(section);
    return words.every((word) => text.includes(word));
  });
}

/** The sections that the daemon holds, asked for once a second. */
export function SectionsView() {
  const { data, error, refresh } = usePolled(api.sections, REFRESH_MS);
  const [asking, setAsking] = useState<Asking>(null);
  const [filter, setFilter] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const shown = useMemo(() => matching(data ?? [], filter), [data, filter]);
  const named = useMemo(() => reachedByName(data ?? []), [data]);
  const total = (data ?? []).reduce((sum, each) => sum + each.view.length, 0);

  useKeys({
    n: () => setAsking({ what: "create" }),
    o: () => setAsking({ what: "open" }),
    d: () => setAsking({ what: "duplicate" }),
    "/": () => field.current?.focus(),
  });

  const leave = () => setAsking(null);
  const done = (section: Section) => {
    leave();
    goTo(addressOfNew(section));
  };
  const isEmpty = data !== null && data.length === 0;

  return (
    <div class="page">
      <div class="page-head">
        <h1>Sections</h1>
        {data !== null && !isEmpty && (
          <span class="faint">{data.length} held, {formatBytes(total)} in view</span>
        )}
        <span class="spacer" />
        <div class="toolbar">
          {!isEmpty && (
            <SearchField field={field} label="Filter the sections" placeholder="Filter"
              value={filter} onChange={setFilter} />
          )}
          <button type="button" class="button" onClick={() => setAsking({ what: "open" })}>
            <Icon name="open" /> Open
          </button>
          <button type="button" class="button" onClick={() => setAsking({ what: "duplicate" })}>
            <Icon name="duplicate" /> Duplicate
          </button>
          <button type="button" class="button button-primary"
            onClick={() => setAsking({ what: "create" })}>
            <Icon name="plus" /> Create
          </button>
        </div>
      </div>
      <Problem of={error} />
      {isEmpty && <EmptySections onCreate={() => setAsking({ what: "create" })} />}
      {data !== null && !isEmpty && (
        <SectionTable sections={shown} named={named}
          onClose={(section) => setAsking({ what: "close", section })} />
      )}
      {asking?.what === "create" && <CreateDialog onDone={done} onClose={leave} />}
      {asking?.what === "open" && <OpenDialog onDone={done} onClose={leave} />}
      {asking?.what === "duplicate" && <DuplicateDialog onDone={done} onClose={leave} />}
      {asking?.what === "close" && (
        <CloseDialog section={asking.section} onClose={leave} onDone={() => {
          leave();
          refresh();
        }} />
      )}
    </div>
  );
}
