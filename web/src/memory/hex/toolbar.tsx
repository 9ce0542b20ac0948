import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type { Model } from "../source/model";
import { parseOffset } from "../source/selection";
import { focusGrid } from "./grid-view";
import { KEYS } from "./keys";

interface ToolbarProps {
  model: Model;
  /** The field of the offset to go to. */
  offset: RefObject<HTMLInputElement | null>;
  finding: boolean;
  columns: number;
  onFind: () => void;
  onColumns: (count: number) => void;
}

/** Above the grid: go to, find, undo and redo, columns, the list of keys. */
export function Toolbar({ model, offset, finding, columns, onFind, onColumns }: ToolbarProps) {
  return (
    <div class="mem-bar toolbar">
      <GoTo model={model} input={offset} />
      <button class="button" aria-expanded={finding} onClick={onFind}>
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
          onChange={(event) => onColumns(Number(event.currentTarget.value))}
        >
          <option value="0">auto</option>
          {[4, 8, 16, 32, 64].map((count) => (
            <option key={count}>{count}</option>
          ))}
        </select>
      </label>
      <KeyHelp />
    </div>
  );
}

function GoTo({ model, input }: { model: Model; input: RefObject<HTMLInputElement | null> }) {
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
