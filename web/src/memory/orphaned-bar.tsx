import { useEffect } from "preact/hooks";
import { type Section, api } from "../api/api";
import { info } from "../api/connection";
import { useAction, usePolled, useStore } from "../ui/hooks";
import { Problem } from "../ui/problem";
import type { Source } from "./source/source";

const REFRESH_MS = 2000;

/** Says that nobody else sees what is written here, until that is over, and leads to what they see. */
export function OrphanedBar({ source, onOpened }: {
  source: Source; onOpened: (section: Section) => void;
}) {
  const { section } = source;
  const onWindows = useStore(info)?.platform === "windows";
  const { data } = usePolled(() => api.section(section), REFRESH_MS);
  const { busy, error, run } = useAction();
  useEffect(() => {
    if (data && !data.orphaned) {
      source.setOrphaned(false);
    }
  }, [data]);
  const open = () => void run(async () => onOpened(await api.open({ name: section.name! })));
  return (
    <div class="mem-bar mem-clash" role="alert">
      <p>
        {onWindows
          ? "No other program holds this section any more: nobody else sees what is written here."
          : `The name ${section.name} leads to another section by now, or to none: who opens it does ` +
            "not see what is written here."}
      </p>
      {!onWindows && section.name !== null && (
        <button type="button" class="button" disabled={busy} onClick={open}>
          Open what has the name now
        </button>
      )}
      <Problem of={error} />
    </div>
  );
}
