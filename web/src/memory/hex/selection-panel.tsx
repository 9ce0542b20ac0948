import type { Model } from "../source/model";
import { copySelection, COPY_FORMATS } from "./clipboard";

/** Where the selection is, and in which formats it can be copied. */
export function SelectionPanel({ model }: { model: Model }) {
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
      {model.fieldAt(start) !== "" && (
        <p class="mem-field-name"><bdi>{model.fieldAt(start)}</bdi></p>
      )}
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
