import { type NamedSection, api } from "../api/api";
import { info } from "../api/connection";
import { formatBytes } from "../base/format";
import { useAction, usePolled, useStore } from "../ui/hooks";
import { Icon } from "../ui/icon";
import { Problem } from "../ui/problem";
import { addressOf, addressOfNew, goTo } from "../ui/route";

const REFRESH_MS = 2000;

function Name({ named, scoped, busy, onOpen }: {
  named: NamedSection; scoped: boolean; busy: boolean; onOpen: () => void;
}) {
  return (
    <tr>
      <td class="found-name"><bdi class="mono">{named.name}</bdi></td>
      {scoped && <td class="found-kind">{named.scope}</td>}
      <td class="num">{named.size === null ? <span class="faint">?</span> : formatBytes(named.size)}</td>
      <td class="found-take">
        {named.id !== null
          ? <a class="button" href={addressOf({ ...named, id: named.id })}>Held as {named.id}</a>
          : (
            <button type="button" class="button" disabled={busy} onClick={onOpen}>
              <Icon name="open" /> Open
            </button>
          )}
      </td>
    </tr>
  );
}

/** Every named section that exists now, held by the daemon or not. */
export function Names({ search }: { search: string }) {
  const { data, error } = usePolled(() => api.namespace({ prefix: search }), REFRESH_MS, search);
  const scoped = useStore(info)?.platform === "windows";
  // Shown above the rows: if the name is gone, its row disappears at the next refresh.
  const { busy, error: refused, run } = useAction();
  const open = ({ name, scope }: NamedSection) => void run(async () => {
    const section = await api.open({ name, ...(scope !== null && { scope }) });
    goTo(addressOfNew(section));
  });
  if (error) {
    return <Problem of={error} />;
  }
  if (!data) {
    return <p class="faint">Looking …</p>;
  }
  return (
    <>
      <p class="faint" role="status">
        {data.sections.length} {data.sections.length === 1 ? "named section exists" : "named sections exist"} now.
      </p>
      <Problem of={refused} />
      <div class="panel table-frame">
        {data.sections.length === 0
          ? <p class="empty">{search ? "No section's name begins so." : "No program has made a named section."}</p>
          : (
            <table class="table found">
              <thead>
                <tr>
                  <th scope="col">name</th>
                  {scoped && <th scope="col" class="found-kind">scope</th>}
                  <th scope="col" class="num">size</th>
                  <th scope="col"><span class="sr-only">open it</span></th>
                </tr>
              </thead>
              <tbody>
                {data.sections.map((named) => (
                  <Name key={`${named.scope} ${named.name}`} named={named} scoped={scoped}
                    busy={busy} onOpen={() => open(named)} />
                ))}
              </tbody>
            </table>
          )}
      </div>
    </>
  );
}
