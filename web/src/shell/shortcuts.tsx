import { Dialog } from "../ui/dialog";

const GROUPS: { title: string; keys: [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["1 2 3", "Sections, Discover, Daemon"],
      ["/", "filter or search"],
      ["t", "light, dark, or as the system is"],
      ["?", "this list"],
      ["Esc", "leave a dialog or a field"],
    ],
  },
  {
    title: "Sections",
    keys: [
      ["n", "create a section"],
      ["o", "open one by its name"],
      ["d", "duplicate one of a process"],
      ["↑ ↓", "from row to row"],
      ["Enter", "look into it"],
      ["Delete", "close it"],
    ],
  },
];

/** The list of keys. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      {GROUPS.map((group) => (
        <section key={group.title} class="keys">
          <h3>{group.title}</h3>
          <dl>
            {group.keys.map(([key, words]) => (
              <div key={key}>
                <dt>{key.split(" ").map((each) => <kbd key={each}>{each}</kbd>)}</dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
