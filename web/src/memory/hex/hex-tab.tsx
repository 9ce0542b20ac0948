import { useEffect, useRef, useState } from "preact/hooks";
import { useFollow } from "../../ui/hooks";
import { FindBar } from "../find/find-bar";
import type { Finder } from "../find/finder";
import type { Model } from "../source/model";
import { parseOffset } from "../source/selection";
import { asHex } from "./byte-text";
import { copySelection, COPY_FORMATS } from "./clipboard";
import { GridView } from "./grid-view";
import "./hex.css";
import { Inspector } from "./inspector";
import { KEYS } from "./keys";

const focusGrid = (): void => document.getElementById("mem-scroller")?.focus();

/** The bytes: toolbar, grid, selection and inspector. */
export function HexTab({ model, finder, label }: { model: Model; finder: Finder; label: string }) {
  useFollow(model);
  const [finding, setFinding] = useState(false);
  const [columns, setColumns] = useState(model.columnsWanted);
  const offset = useRef<HTMLInputElement>(null);
  useEffect(() => () => finder.cancel(), [finder]);

  const openFind = (): void => {
    setFinding(true);
    document.querySelector<HTMLInputElement>(".mem-find-text")?.focus();
  };
  const closeFind = (): void => {
    setFinding(false);
    focusGrid();
  };
  const actions = {
    goTo: () => {
      offset.current?.focus();
      offset.current?.select();
    },
    find: openFind,
    findNext: (backwards: boolean) => (finder.text ? void finder.next(backwards) : openFind()),
    copy: () => void copySelection(model, model.side === "hex" ? "hex" : "text"),
  };
  /** Ctrl+F and Ctrl+G work everywhere in the tab; the grid has handled its own keys before. */
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) {
      return;
    }
    if (event.key === "f" || event.key === "g") {
      event.preventDefault();
      (event.key === "f" ? openFind : actions.goTo)();
    }
  };

  return (
    <div class="mem-hex" onKeyDown={onKeyDown}>
      <div class="mem-bar toolbar">
        <GoTo model={model} input={offset} />
        <button class="button" aria-expanded={finding} onClick={finding ? closeFind : openFind}>
          Find
        </button>
        <button
          class="button"
          disabled={!model.edits.canUndo}
          title="Ctrl+Z"
          onClick={() => model.undo()}
        >
          Undo
        </button>
        <button
          class="button"
          disabled={!model.edits.canRedo}
          title="Ctrl+Y"
          onClick={() => model.redo()}
        >
          Redo
        </button>
        <span class="spacer" />
        <label class="mem-columns">
          <span>Columns</span>
          <select
            class="select"
            value={String(columns)}
            onChange={(event) => setColumns(Number(event.currentTarget.value))}
          >
            <option value="0">auto</option>
            {[4, 8, 16, 32, 64].map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <KeyHelp />
      </div>
      {finding && <FindBar finder={finder} onClose={closeFind} />}
      <Notices model={model} />
      <div class="mem-body">
        <GridView model={model} columns={columns} actions={actions} label={label} />
        <aside class="mem-side" aria-label="Selection">
          <SelectionPanel model={model} />
          <Inspector model={model} />
        </aside>
      </div>
    </div>
  );
}

function GoTo({ model, input }: { model: Model; input: { current: HTMLInputElement | null } }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const offset = parseOffset(text, model.selection.head, model.size);
    setWrong(offset === null);
    if (offset !== null) {
      model.goTo(offset);
      setText("");
      focusGrid();
    }
  };
  return (
    <form class="mem-goto" onSubmit={onSubmit}>
      <input
        ref={input}
        class="input mono"
        aria-label="Go to offset"
        aria-invalid={wrong}
        placeholder="Go to 0x40, +16, 50%, end"
        title="Ctrl+G: 64, 0x40, 40h, +16, -0x10, 1.5M, 50%, end"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setWrong(false);
        }}
      />
      {wrong && (
        <span class="mem-goto-why" role="alert">
          No such offset: the last is 0x{(model.size - 1).toString(16)}.
        </span>
      )}
    </form>
  );
}

function KeyHelp() {
  return (
    <details class="mem-help">
      <summary class="button button-quiet">Keys</summary>
      <dl class="panel">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Writes that were not done, and why. */
function Notices({ model }: { model: Model }) {
  const { clash } = model;
  const keep = (): void => {
    model.dismiss();
    focusGrid();
  };
  const overwrite = (): void => {
    model.overwrite();
    focusGrid();
  };
  if (clash) {
    const { edit, found } = clash;
    return (
      <div class="mem-bar mem-clash" role="alert">
        <p>
          <strong>Not written:</strong> <span class="mono">0x{edit.offset.toString(16)}</span> changed
          meanwhile. It was <code>{shortHex(edit.before)}</code> when you typed{" "}
          <code>{shortHex(edit.after)}</code>, and is <code>{shortHex(found)}</code> now.
        </p>
        <button class="button button-primary" onClick={overwrite}>
          Write it anyway
        </button>
        <button class="button" onClick={keep}>
          Keep what is there
        </button>
      </div>
    );
  }
  return model.problem ? (
    <div class="mem-bar mem-clash" role="alert">
      <p>{(model.problem as Error).message}</p>
      <button class="button" onClick={keep}>
        Close
      </button>
    </div>
  ) : null;
}

const SHOWN_BYTES = 8;
const shortHex = (bytes: Uint8Array): string =>
  asHex(bytes.subarray(0, SHOWN_BYTES)) + (bytes.length > SHOWN_BYTES ? " …" : "");

function SelectionPanel({ model }: { model: Model }) {
  const { start, length } = model;
  const end = start + length - 1;
  return (
    <section class="mem-selection">
      <h2 class="mem-inspector-title">
        <span>Selection</span>
        <span class="mono faint">
          {length === 1 ? "1 byte" : `${length.toLocaleString("en")} bytes`}
        </span>
      </h2>
      <p class="mem-place">
        <span class="mono">
          0x{start.toString(16)}
          {length > 1 && ` – 0x${end.toString(16)}`}
        </span>
        <span class="mem-said">{model.announcement}</span>
      </p>
      <div class="mem-copy" role="group" aria-label="Copy the selection as">
        <span class="faint">Copy as</span>
        {COPY_FORMATS.map(([format, name, what]) => (
          <button
            key={format}
            class="button mem-small"
            title={what}
            onClick={() => void copySelection(model, format)}
          >
            {name}
          </button>
        ))}
      </div>
    </section>
  );
}
