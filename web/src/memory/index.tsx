import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import "./memory.css"; // first: the tabs refine it
import type { Section } from "../api/api";
import { Store } from "../base/store";
import { useObserved } from "../ui/hooks";
import { parseRoute } from "../ui/route";
import { ChartTab } from "./chart/chart-tab";
import { Plot } from "./chart/plot";
import { FieldsTab } from "./fields/fields-tab";
import { Finder } from "./find/finder";
import { HexTab } from "./hex/hex-tab";
import { OrphanedBar } from "./orphaned-bar";
import { PICTURE_CHOICE } from "./picture/picture-choice";
import { PictureTab } from "./picture/picture-tab";
import { Fields } from "./source/fields";
import { Model } from "./source/model";
import { TextTab } from "./text/text-tab";

const TABS = ["Fields", "Hex", "Text", "Chart", "Picture"] as const;
type Tab = (typeof TABS)[number];

/** One section: its fields, its bytes, its text, its values over time, its picture. */
export function MemoryView({ section, place, onOpened }: {
  section: Section; place: string; onOpened: (section: Section) => void;
}) {
  const model = useMemo(() => new Model(section), [section.id]);
  // Each belongs to one tab, and stays while another is shown.
  const finder = useMemo(() => new Finder(model), [model]);
  const fields = useMemo(() => new Fields(section), [model]);
  const plot = useMemo(() => new Plot(section, model.size, fields), [model]);
  const picture = useMemo(() => new Store(PICTURE_CHOICE), [model]);
  // Where the address names none: the fields where a layout fits, else the bytes.
  const [tab, setTab] = useState<Tab | null>(
    () => tabOfAddress() ?? (section.layout !== null ? "Fields" : null));
  useEffect(() => {
    void fields.findLayouts().then(() => {
      setTab((chosen) => chosen ?? (fields.layout !== null ? "Fields" : "Hex"));
    });
    const stop = fields.follow(() => {
      if (model.places !== fields.places) {
        model.places = fields.places;
        model.tell();
      }
    });
    return () => {
      stop();
      fields.close();
      plot.close();
      model.close();
    };
  }, [model]);
  const layout = useObserved(fields, () => fields.layout);
  useEffect(() => {
    if (tab === "Hex") {
      void fields.loadPlaces();
    }
  }, [tab, layout]);
  const gone = useObserved(model.source, () => model.source.gone);
  const orphaned = useObserved(model.source, () => model.source.orphaned);
  // The address names the tab, so that a reload or a link shows the same. It may be the address of
  // another view already.
  useLayoutEffect(() => {
    const route = parseRoute(location.hash);
    if (tab !== null && route.view === "section" && route.place === place) {
      history.replaceState(null, "", `#/section/${place}/${tab.toLowerCase()}`);
    }
  }, [place, tab]);

  const showInHex = (offset: number, length: number): void => {
    setTab("Hex");
    model.goTo(offset, length);
  };
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
            tabIndex={tab === name || (tab === null && i === 0) ? 0 : -1}
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
      {orphaned && !gone && <OrphanedBar source={model.source} onOpened={onOpened} />}
      <div id="mem-panel" class="mem-panel" role="tabpanel" aria-labelledby={`mem-tab-${tab ?? "Hex"}`}>
        {tab === "Fields" && (
          <FieldsTab fields={fields} model={model} plot={plot} onShow={showInHex} />
        )}
        {tab === "Hex" && <HexTab model={model} finder={finder} label={label} />}
        {tab === "Text" && <TextTab model={model} />}
        {tab === "Chart" && <ChartTab model={model} plot={plot} />}
        {tab === "Picture" && <PictureTab model={model} choice={picture} />}
      </div>
    </div>
  );
}

function tabOfAddress(): Tab | null {
  const word = location.hash.split("/")[3];
  return TABS.find((name) => name.toLowerCase() === word) ?? null;
}

const GONE: Record<string, string> = {
  closed: "The section was closed.",
  restarted: "The daemon was started anew, and does not hold the section any more.",
  section_gone: "The memory behind the section went away.",
};
