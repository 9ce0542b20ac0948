/** The dialogs to create, open, duplicate and close a section. Each shows its own error. */
import type { TargetedInputEvent } from "preact";
import { useId, useState } from "preact/hooks";
import { type Access, type CreateSection, type Section, api } from "../api/api";
import { info } from "../api/connection";
import { parseBytes } from "../base/format";
import { Dialog } from "../ui/dialog";
import { useAction, useStore } from "../ui/hooks";
import { SectionName } from "./name";

interface AskProps {
  onDone: (section: Section) => void;
  onClose: () => void;
}

type InputEvent = TargetedInputEvent<HTMLInputElement>;

function Field({ label, hint, ...input }: {
  label: string; hint?: string; value: string; onInput: (event: InputEvent) => void;
  placeholder?: string; class?: string;
}) {
  const id = useId();
  return (
    <div class="field">
      <label class="field-label" for={id}>{label}</label>
      <input autocomplete="off" spellcheck={false} {...input} id={id}
        class={`input ${input.class ?? ""}`} aria-describedby={hint && `${id}-hint`} />
      {hint && <span id={`${id}-hint`} class="field-hint">{hint}</span>}
    </div>
  );
}

function Choice<T extends string>({ label, value, choices, onChange }: {
  label: string; value: T; choices: Record<T, string>; onChange: (value: T) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select class="select" value={value}
        onChange={(event) => onChange(event.currentTarget.value as T)}>
        {(Object.entries(choices) as [T, string][]).map(([each, words]) => (
          <option key={each} value={each}>{words}</option>
        ))}
      </select>
    </label>
  );
}

const ON_OPEN: Record<Access | "", string> = {
  "": "as much as is granted",
  read: "read",
  readwrite: "read and write",
  writecopy: "read, writes stay private",
};

const useOnWindows = () => useStore(info)?.platform === "windows";

class BadInput extends Error {}

function sizeOf(text: string): number {
  const size = parseBytes(text);
  if (Number.isNaN(size) || size < 1) {
    throw new BadInput("The size must be a number of bytes, such as 4096, 0x1000, 64 KiB or 1 MiB.");
  }
  return size;
}

export function CreateDialog({ onDone, onClose }: AskProps) {
  const [name, setName] = useState("");
  const [size, setSize] = useState("4 KiB");
  const [label, setLabel] = useState("");
  const [scope, setScope] = useState<"local" | "global">("local");
  const [exists, setExists] = useState<"open" | "fail">("open");
  const [reserve, setReserve] = useState(false);
  const [file, setFile] = useState("");
  const onWindows = useOnWindows();
  const { busy, error, run } = useAction();

  const body = (): CreateSection => ({
    ...(name !== "" && { name, if_exists: exists }),
    ...(scope === "global" && { scope }),
    ...(label !== "" && { label }),
    ...(reserve && { reserve }),
    ...(file !== "" && { backing: { file } }),
    ...((file === "" || size.trim() !== "") && { size: sizeOf(size) }),
  });
  const submit = () => void run(async () => onDone(await api.create(body())));

  return (
    <Dialog title="Create a section" action="Create" busy={busy} error={error} onSubmit={submit}
      onClose={onClose}>
      <Field label="Name" value={name} onInput={(event) => setName(event.currentTarget.value)}
        placeholder="SHINE" class="mono"
        hint="Programs open it by this name. Without one it is anonymous: they take its handle." />
      <Field label="Size" value={size} onInput={(event) => setSize(event.currentTarget.value)}
        class="mono" hint="In bytes; KiB, MiB, GiB, TiB and 0x… are understood." />
      <Field label="Label" value={label} onInput={(event) => setLabel(event.currentTarget.value)}
        hint="A note for yourself; nobody else sees it." />
      <details class="more">
        <summary>More</summary>
        <div class="more-fields">
          {onWindows && (
            <Choice label="Scope" value={scope} onChange={setScope}
              choices={{ local: "this session", global: "all sessions" }} />
          )}
          <Choice label="If the name exists" value={exists} onChange={setExists}
            choices={{ open: "open what is there", fail: "refuse" }} />
          <Field label="File" value={file} onInput={(event) => setFile(event.currentTarget.value)}
            class="mono" hint="A path below the folder of --files, in place of memory." />
          <label class="check">
            <input type="checkbox" checked={reserve}
              onChange={(event) => setReserve(event.currentTarget.checked)} />
            <span>Reserve only: memory comes as it is used</span>
          </label>
        </div>
      </details>
    </Dialog>
  );
}

export function OpenDialog({ onDone, onClose }: AskProps) {
  const [name, setName] = useState("");
  const [access, setAccess] = useState<Access | "">("");
  const { busy, error, run } = useAction();
  const onWindows = useOnWindows();
  const submit = () => void run(async () => {
    if (name === "") {
      throw new BadInput("Which name? Discover lists those that exist now.");
    }
    onDone(await api.open({ name, ...(access !== "" && { access }) }));
  });
  return (
    <Dialog title="Open a section by its name" action="Open" busy={busy} error={error}
      onSubmit={submit} onClose={onClose}>
      <Field label="Name" value={name} onInput={(event) => setName(event.currentTarget.value)}
        placeholder="SHINE" class="mono"
        hint={onWindows ? "Global\\NAME and Session\\N\\NAME are understood."
          : "An object on /dev/shm."} />
      <Choice label="Access" value={access} choices={ON_OPEN} onChange={setAccess} />
    </Dialog>
  );
}

export function DuplicateDialog({ onDone, onClose }: AskProps) {
  const [pid, setPid] = useState("");
  const [handle, setHandle] = useState("");
  const [access, setAccess] = useState<Access | "">("");
  const { busy, error, run } = useAction();
  const onWindows = useOnWindows();
  const submit = () => void run(async () => {
    if (!/^\d+$/.test(pid.trim())) {
      throw new BadInput("The process is named by its id, a whole number.");
    }
    if (!/^(0x[0-9a-f]+|\d+)$/i.test(handle.trim())) {
      throw new BadInput("The handle is a number, such as 0x1a4 or 420.");
    }
    onDone(await api.duplicate({
      pid: Number(pid), handle: handle.trim(), ...(access !== "" && { access }),
    }));
  });
  return (
    <Dialog title="Duplicate a section of another process" action="Duplicate" busy={busy}
      error={error} onSubmit={submit} onClose={onClose}>
      <Field label="Process id" value={pid} onInput={(event) => setPid(event.currentTarget.value)}
        placeholder="4242" class="mono" />
      <Field label={onWindows ? "Handle" : "File descriptor"} value={handle} class="mono"
        onInput={(event) => setHandle(event.currentTarget.value)}
        placeholder={onWindows ? "0x1a4" : "5"}
        hint="Not known? Discover finds the sections of a process." />
      <Choice label="Access" value={access} choices={ON_OPEN} onChange={setAccess} />
    </Dialog>
  );
}

export function CloseDialog({ section, onDone, onClose }: {
  section: Section; onDone: () => void; onClose: () => void;
}) {
  const { busy, error, run } = useAction();
  const submit = () => void run(async () => {
    await api.close(section);
    onDone();
  });
  return (
    <Dialog title={`Close section ${section.id}`} action="Close it" danger busy={busy} error={error}
      onSubmit={submit} onClose={onClose}>
      <p><SectionName section={section} /></p>
      <p class="faint">
        The daemon lets go of its handle. A section that a native program still holds lives on there;
        {section.backing.kind === "file"
          ? " the file keeps what was written."
          : " without another holder its content is lost."}
      </p>
    </Dialog>
  );
}
