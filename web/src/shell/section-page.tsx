import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiProblem, type Held, type Section, Unreachable, api, presentInstance } from "../api/api";
import { connectionCount } from "../api/connection";
import { formatBytes } from "../base/format";
import { MemoryView } from "../memory";
import { CloseDialog } from "../sections/dialogs";
import { SectionName } from "../sections/name";
import { useAction, useStore } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";
import { type Place, addressOf, addressOfNew, goTo, parsePlace } from "../ui/route";

function Head({ section, onClose }: { section: Section; onClose: () => void }) {
  return (
    <header class="section-head">
      <a class="button button-quiet button-icon" href="#/sections" title="All sections"
        aria-label="All sections">
        <Icon name="back" />
      </a>
      <h1><SectionName section={section} /></h1>
      <span class="chip">id {section.id}</span>
      <span class="chip">{formatBytes(section.view.length)}</span>
      <span class="chip section-head-more">{section.access}</span>
      <span class="chip section-head-more">{section.backing.kind}</span>
      <span class="chip section-head-more mono">
        pid {section.pid}{section.handle !== null && ` handle ${section.handle}`}
      </span>
      <span class="spacer" />
      <button type="button" class="button button-quiet" onClick={onClose}>
        <Icon name="close" /> Close
      </button>
    </header>
  );
}

/** Why a section is not shown; `known` is its id, where the address or an earlier answer tells it. */
type Missing =
  | { why: "gone"; known: number | null }
  | { why: "restarted"; known: number }
  | { why: "unsure"; held: Held }
  | { why: "failed"; error: unknown };

function Words({ missing, name }: { missing: Missing; name: string | null }) {
  switch (missing.why) {
    case "gone":
      return name !== null
        ? <p>The daemon holds nothing that has the name <bdi class="mono">{name}</bdi> now.</p>
        : <p>It was closed. Ids are never used again while the daemon runs.</p>;
    case "restarted":
      return (
        <p>
          This address is of an earlier start of the daemon. Ids begin anew with each start:
          section {missing.known} may be another program's by now, so it is not shown.
        </p>
      );
    case "unsure":
      return (
        <p>
          This address has a number alone. Ids begin anew with each start of the daemon, so it may
          mean another section than it did.
        </p>
      );
    case "failed":
      return <Problem of={missing.error} />;
  }
}

function titleOf(missing: Missing, place: Place): string {
  if (missing.why === "unsure") {
    return `Which section ${missing.held.id} is meant?`;
  }
  if (missing.why === "failed") {
    return "name" in place ? place.name : `Section ${place.id}`;
  }
  return missing.known !== null
    ? `There is no section ${missing.known} any more` : "Nothing has that name";
}

function NotThere({ missing, place, onOpened }: {
  missing: Missing; place: Place; onOpened: (section: Section) => void;
}) {
  const name = "name" in place ? place.name : null;
  const { busy, error, run } = useAction();
  const open = () => void run(async () => onOpened(await api.open({ name: name! })));
  return (
    <div class="empty">
      <h1>{titleOf(missing, place)}</h1>
      <Words missing={missing} name={name} />
      <Problem of={error} />
      {missing.why === "gone" && name !== null && (
        <button type="button" class="button" disabled={busy} onClick={open}>Open it by its name</button>
      )}
      {missing.why === "unsure" && (
        <a class="button" href={addressOf(missing.held)}>Show section {missing.held.id} of now</a>
      )}
      <a class="button" href="#/sections">All sections</a>
    </div>
  );
}

/** What a place means now: the section, or why it is not shown. */
async function find(place: Place, known: number | null): Promise<Section | Missing> {
  const instance = presentInstance();
  if ("id" in place && place.instance !== null && place.instance !== instance) {
    return { why: "restarted", known: place.id };
  }
  try {
    const found = "name" in place
      ? await api.named(place.name) : await api.section({ id: place.id, instance });
    return "id" in place && place.instance === null ? { why: "unsure", held: found } : found;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) {
      return { why: "gone", known: "id" in place ? place.id : known };
    }
    if (error instanceof Unreachable) {
      throw error;
    }
    return { why: "failed", error };
  }
}

/** One section: its properties in a line, its memory below. */
export function SectionPage({ place }: { place: string }) {
  const [found, setFound] = useState<Section | Missing | null>(null);
  const [closing, setClosing] = useState(false);
  const connected = useStore(connectionCount);
  const known = useRef<number | null>(null);
  const parsed = useMemo(() => parsePlace(place)!, [place]);

  useEffect(() => {
    let current = true;
    find(parsed, known.current).then(
      (answer) => {
        if (current) {
          known.current = "why" in answer ? known.current : answer.id;
          setFound(answer);
        }
      },
      () => {}); // the page's banner tells that the daemon does not answer
    return () => {
      current = false;
    };
  }, [parsed, connected]);

  // The address stays where it has the name already.
  const follow = (section: Section) => {
    goTo(addressOfNew(section));
    setFound("name" in parsed ? section : null);
  };
  if (!found) {
    return null;
  }
  if ("why" in found) {
    return <NotThere missing={found} place={parsed} onOpened={follow} />;
  }
  return (
    <div class="section-page">
      <Head section={found} onClose={() => setClosing(true)} />
      <MemoryView key={addressOf(found)} section={found} place={place} onOpened={follow} />
      {closing && (
        <CloseDialog section={found} onDone={() => goTo("#/sections")}
          onClose={() => setClosing(false)} />
      )}
    </div>
  );
}
