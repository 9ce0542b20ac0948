import { useMemo, useState } from "preact/hooks";
import { type FoundSection, type Process, api } from "../api/api";
import { info } from "../api/connection";
import { formatBytes } from "../base/format";
import { useAction, usePolled, useStore } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";
import { addressOf, addressOfNew, goTo } from "../ui/route";

const LIST_REFRESH_MS = 2000;
const SECTIONS_REFRESH_MS = 3000;
/** More rows are not shown: the search narrows them. */
const ROWS_MAX = 500;

function matching(processes: Process[], search: string): Process[] {
  const words = search.trim().toLowerCase();
  return processes
    .filter((each) => each.name.toLowerCase().includes(words) || String(each.pid).startsWith(words))
    .sort((a, b) => a.name.localeCompare(b.name) || a.pid - b.pid);
}

const RIGHTS = { read: "r", write: "w", query: "q" } as Record<string, string>;

function Found({ found, busy, onTake }: {
  found: FoundSection; busy: boolean; onTake: () => void;
}) {
  const isImage = found.backing?.kind === "image";
  return (
    <tr>
      <td class="found-name">
        {found.name !== null
          ? <bdi class="mono">{found.name}</bdi>
          : found.backing?.file
            ? <bdi class="mono">{found.backing.file}</bdi>
            : <span class="faint">anonymous</span>}
      </td>
      <td class="num">{found.size === null ? "?" : formatBytes(found.size)}</td>
      <td class="found-kind">{found.backing?.kind ?? "?"}</td>
      <td class="mono found-access" title={found.access.join(", ")}>
        {found.access.map((each) => RIGHTS[each] ?? each).join("")}
      </td>
      <td class="mono found-handle">{found.handle ?? found.address}</td>
      <td class="found-take">
        {found.id !== null
          ? <a class="button" href={addressOf({ ...found, id: found.id })}>Held as {found.id}</a>
          : isImage
            ? <span class="faint" title="A program's code; it is never mapped here">image</span>
            : (
              <button type="button" class="button" disabled={busy} onClick={onTake}>
                <Icon name="duplicate" /> Take
              </button>
            )}
      </td>
    </tr>
  );
}

/** The sections that one process holds. */
function ProcessSections({ pid }: { pid: number }) {
  const { data, error } = usePolled(() => api.processSections(pid), SECTIONS_REFRESH_MS);
  const onWindows = useStore(info)?.platform === "windows";
  // Shown above the rows: if the section is gone, its row disappears at the next refresh.
  const { busy, error: refused, run } = useAction();
  const take = (found: FoundSection) => void run(async () => {
    const section = await api.duplicate(
      found.handle !== null ? { pid, handle: found.handle } : { pid, index: found.index });
    goTo(addressOfNew(section));
  });
  if (error) {
    return <Problem of={error} />;
  }
  if (!data) {
    return <p class="faint">Searching its {onWindows ? "handles" : "descriptors"} …</p>;
  }
  return (
    <>
      {data.partial && (
        <p class="notice">
          <Icon name="alert" /> Not everything could be seen{data.reason ? `: ${data.reason}` : "."}
        </p>
      )}
      <Problem of={refused} />
      {data.sections.length === 0
        ? <p class="faint">{data.partial ? "Nothing else was found." : "It holds no sections."}</p>
        : (
          <table class="table found">
            <thead>
              <tr>
                <th scope="col">name</th>
                <th scope="col" class="num">size</th>
                <th scope="col" class="found-kind">kind</th>
                <th scope="col" class="found-access">rights</th>
                <th scope="col" class="found-handle">{onWindows ? "handle" : "descriptor"}</th>
                <th scope="col"><span class="sr-only">take it</span></th>
              </tr>
            </thead>
            <tbody>
              {data.sections.map((found) => (
                <Found key={`${found.index} ${found.handle} ${found.address}`} found={found}
                  busy={busy} onTake={() => take(found)} />
              ))}
            </tbody>
          </table>
        )}
    </>
  );
}

function ProcessRow({ process }: { process: Process }) {
  const [open, setOpen] = useState(false);
  const id = `process-${process.pid}`;
  return (
    <li class="process">
      <button type="button" class="process-head" aria-expanded={open} aria-controls={id}
        onClick={() => setOpen(!open)}>
        <Icon name="chevron" size={12} />
        <bdi class="process-name">{process.name}</bdi>
        <span class="num faint mono">{process.pid}</span>
      </button>
      <div id={id} class="process-body" hidden={!open}>
        {open && <ProcessSections pid={process.pid} />}
      </div>
    </li>
  );
}

export function Processes({ search }: { search: string }) {
  const { data, error } = usePolled(() => api.processes(""), LIST_REFRESH_MS);
  const shown = useMemo(() => matching(data?.processes ?? [], search), [data, search]);
  if (error && !data) {
    return <Problem of={error} />;
  }
  if (!data) {
    return <p class="faint">Looking …</p>;
  }
  return (
    <>
      <p class="faint" role="status">
        {shown.length} {shown.length === 1 ? "process" : "processes"}
        {shown.length > ROWS_MAX ? `, the first ${ROWS_MAX} below` : ""}. Open one to see the sections
        that it holds.
      </p>
      <div class="panel table-frame">
        <ul class="processes">
          {shown.slice(0, ROWS_MAX).map((process) => (
            <ProcessRow key={process.pid} process={process} />
          ))}
        </ul>
        {shown.length === 0 && <p class="empty">No process has that name or id.</p>}
      </div>
    </>
  );
}
