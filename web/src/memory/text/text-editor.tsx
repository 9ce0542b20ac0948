import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { EDIT_MAX_BYTES } from "../source/edits";
import { encodeText, terminatorOf } from "../source/encodings";
import type { Model } from "../source/model";

async function readReplaced(model: Model): Promise<Uint8Array | undefined> {
  const length = Math.min(model.size - model.start, EDIT_MAX_BYTES);
  const reading = await model.source.read(model.start, length).catch(() => null);
  return reading?.bytes;
}

/** Writes another text over the one at the caret. */
export function TextEditor(props: { model: Model; encoding: string; text: string; onDone: () => void }) {
  const { model, encoding, onDone } = props;
  const [text, setText] = useState(props.text);
  const [terminated, setTerminated] = useState(true);
  const [wrong, setWrong] = useState<string | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => area.current?.focus(), []);
  // The text came from the section itself, so the bytes that it replaces are read there, too. Those
  // of the stream may be older, and the write would then be taken for a conflict.
  const [replaced] = useState(() => readReplaced(model));
  const onSubmit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const coded = encodeText(text, encoding);
      const end = terminated ? terminatorOf(encoding) : new Uint8Array();
      const bytes = new Uint8Array(coded.length + end.length);
      bytes.set(coded);
      if (bytes.length > 0) {
        const seen = (await replaced)?.subarray(0, bytes.length);
        model.writeSeen(model.start, bytes, false, seen);
      }
      onDone();
    } catch (error) {
      setWrong((error as Error).message);
    }
  };
  return (
    <form class="mem-text-editor" onSubmit={(event) => void onSubmit(event)}>
      <textarea
        class="input"
        aria-label={`Text to write as ${encoding}`}
        rows={2}
        spellcheck={false}
        ref={area}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            onDone();
          } else if (event.key === "Enter" && event.ctrlKey) {
            void onSubmit(event);
          }
        }}
      />
      <div class="toolbar">
        <label class="check">
          <input
            type="checkbox"
            checked={terminated}
            onChange={(event) => setTerminated(event.currentTarget.checked)}
          />
          end with NUL
        </label>
        <span class="mem-wrong" role="alert">
          {wrong}
        </span>
        <span class="spacer" />
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
        <button class="button button-primary" title="Ctrl+Enter">
          Write as {encoding}
        </button>
      </div>
    </form>
  );
}
