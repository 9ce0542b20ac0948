import { useMemo, useRef, useState } from "preact/hooks";
import { useKeys } from "../ui/hooks";
import { SearchField } from "../ui/search";
import "./discover.css";
import { Names } from "./names";
import { Processes } from "./processes";

type Tab = "processes" | "names";

const TABS: { tab: Tab; title: string; search: string }[] = [
  { tab: "processes", title: "Processes", search: "Name or id of a process" },
  { tab: "names", title: "Names", search: "Start of a name" },
];

/** Sections of other programs: process by process, and by name. */
export function DiscoverView() {
  const [tab, setTab] = useState<Tab>("processes");
  const [search, setSearch] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const chosen = useMemo(() => TABS.find((each) => each.tab === tab)!, [tab]);
  useKeys({ "/": () => field.current?.focus() });
  return (
    <div class="page">
      <div class="page-head">
        <h1>Discover</h1>
        <div class="switch" role="group" aria-label="What to look through">
          {TABS.map((each) => (
            <button key={each.tab} type="button" class="button" aria-pressed={each.tab === tab}
              onClick={() => setTab(each.tab)}>
              {each.title}
            </button>
          ))}
        </div>
        <SearchField field={field} label={chosen.search} value={search} wide onChange={setSearch} />
      </div>
      {tab === "processes" ? <Processes search={search} /> : <Names search={search} />}
    </div>
  );
}
