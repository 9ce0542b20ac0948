import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Section } from "../api";
import { parseRoute } from "../route";
import { ChartTab } from "./chart-tab";
import { Finder } from "./finder";
import { HexTab } from "./hex-tab";
import "./memory.css";
import "./tabs.css";
import { Model } from "./model";
import { PictureTab } from "./picture-tab";
import { TextTab } from "./text-tab";

const TABS = ["Hex", "Text", "Chart", "Picture"] as const;
type Tab = (typeof TABS)[number];

/** One section: its bytes, its text, its values over time, its picture. */
export function MemoryView({ section }: { section: Section; goTo: (hash: string) => void }) {
  const model = useMemo(() => new Model(section), [section.id]);
  const finder = useMemo(() => new Finder(model), [model]);
  const [tab, setTab] = useState<Tab>(tabOfAddress);
  useEffect(() => () => model.close(), [model]);
  const gone = useGone(model);
  // A reload, or a link that somebody kept, leads to the same tab. The address may be that of the
  // view that the user has gone on to.
  useLayoutEffect(() => {
    const route = parseRoute(location.hash);
    if (route.view === "section" && route.id === section.id) {
      history.replaceState(null, "", `#/section/${section.id}/${tab.toLowerCase()}`);
    }
  }, [section.id, tab]);

  const label = `Bytes of ${section.name ?? `section ${section.id}`}`;
  return (
    <div class="mem-view">
      <div class="mem-tabs" role="tablist" aria-label="Ways to look at the section">
        {TABS.map((name, i) => (
          <button
            key={name}
            id={`mem-tab-${name}`}
            role="tab"
            aria-selected={tab === name}
            aria-controls="mem-panel"
            tabIndex={tab === name ? 0 : -1}
            onClick={() => setTab(name)}
            onKeyDown={(event) => {
              const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
              if (step) {
                const next = TABS[(i + step + TABS.length) % TABS.length]!;
                setTab(next);
                document.getElementById(`mem-tab-${next}`)?.focus();
              }
            }}
          >
            {name}
          </button>
        ))}
      </div>
      {gone && (
        <p class="mem-bar mem-clash" role="alert">
          {GONE[gone] ?? "The section is gone."} What is shown is what was last seen.
        </p>
      )}
      <div id="mem-panel" class="mem-panel" role="tabpanel" aria-labelledby={`mem-tab-${tab}`}>
        {tab === "Hex" && <HexTab model={model} finder={finder} label={label} />}
        {tab === "Text" && <TextTab model={model} />}
        {tab === "Chart" && <ChartTab model={model} />}
        {tab === "Picture" && <PictureTab model={model} />}
      </div>
    </div>
  );
}

function tabOfAddress(): Tab {
  const word = location.hash.split("/")[3];
  return TABS.find((name) => name.toLowerCase() === word) ?? "Hex";
}

function useGone(model: Model): string | null {
  const [gone, setGone] = useState(model.source.gone);
  useEffect(() => {
    const listener = (): void => setGone(model.source.gone);
    listener();
    model.source.listeners.add(listener);
    return () => void model.source.listeners.delete(listener);
  }, [model]);
  return gone;
}

const GONE: Record<string, string> = {
  closed: "The section was closed.",
  section_gone: "The memory behind the section went away.",
};
