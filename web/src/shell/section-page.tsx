import { useEffect, useState } from "preact/hooks";
import { ApiProblem, type Section, Unreachable, api } from "../api/api";
import { connectionCount } from "../api/connection";
import { formatBytes } from "../base/format";
import { MemoryView } from "../memory";
import { CloseDialog } from "../sections/dialogs";
import { SectionName } from "../sections/name";
import { useStore } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";
import { goTo } from "../ui/route";

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
      <span class="chip section-head-more mono">pid {section.pid} handle {section.handle}</span>
      <span class="spacer" />
      <button type="button" class="button button-quiet" onClick={onClose}>
        <Icon name="close" /> Close
      </button>
    </header>
  );
}

function NotThere({ id, error }: { id: number; error: unknown }) {
  const isGone = error instanceof ApiProblem && error.status === 404;
  return (
    <div class="empty">
      <h1>{isGone ? `There is no section ${id} any more` : `Section ${id}`}</h1>
      {isGone
        ? <p>It was closed, or the daemon was started anew since. Ids are never used again.</p>
        : <Problem of={error} />}
      <a class="button" href="#/sections">All sections</a>
    </div>
  );
}

/** One section: its properties in a line, its memory below. */
export function SectionPage({ id }: { id: number }) {
  const [section, setSection] = useState<Section | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [closing, setClosing] = useState(false);
  const connected = useStore(connectionCount);

  useEffect(() => {
    let current = true;
    api.section(id).then(
      (found) => {
        if (current) {
          setSection(found);
          setError(null);
        }
      },
      (problem: unknown) => {
        if (current && !(problem instanceof Unreachable)) {
          setError(problem);
        }
      });
    return () => {
      current = false;
    };
  }, [id, connected]);

  if (error) {
    return <NotThere id={id} error={error} />;
  }
  if (!section) {
    return null;
  }
  return (
    <div class="section-page">
      <Head section={section} onClose={() => setClosing(true)} />
      <MemoryView section={section} />
      {closing && (
        <CloseDialog section={section} onDone={() => goTo("#/sections")}
          onClose={() => setClosing(false)} />
      )}
    </div>
  );
}
