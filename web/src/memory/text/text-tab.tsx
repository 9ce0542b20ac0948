import { useEffect, useState } from "preact/hooks";
import { ApiProblem, api } from "../../api/api";
import { useFollow } from "../../ui/hooks";
import { ENCODINGS } from "../source/encodings";
import type { Model } from "../source/model";
import { TextEditor } from "./text-editor";
import "./text.css";

const REFRESH_MS = 250;
const SHOWN_CHARACTERS = 600;

interface Reading {
  text: string;
  wrong: boolean;
}

/** The bytes from the caret on as text in each encoding, decoded by the daemon. */
export function TextTab({ model }: { model: Model }) {
  useFollow(model);
  const [editing, setEditing] = useState<string | null>(null);
  const offset = model.start;
  const length = model.length > 1 ? model.length : null;
  const readings = useReadings(model, offset, length);
  return (
    <div class="mem-text">
      <p class="mem-bar faint">
        {length === null
          ? `From 0x${offset.toString(16)} up to the first NUL`
          : `The ${length.toLocaleString("en")} selected bytes from 0x${offset.toString(16)}`}
        {model.writable && ". Write another text over it in any encoding."}
      </p>
      <ul class="mem-encodings">
        {ENCODINGS.map((encoding) => (
          <li key={encoding}>
            <EncodingRow
              model={model}
              encoding={encoding}
              reading={readings.get(encoding) ?? null}
              editing={editing === encoding}
              onEdit={(on) => setEditing(on ? encoding : null)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Reads the text again when the bytes changed, four times a second at most. */
function useReadings(model: Model, offset: number, length: number | null) {
  const [readings, setReadings] = useState(new Map<string, Reading>());
  useEffect(() => {
    let stopped = false;
    let busy = false;
    let again = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = async (): Promise<void> => {
      timer = undefined;
      busy = true;
      again = false;
      const found = await Promise.all(
        ENCODINGS.map(async (encoding) => {
          return [encoding, await readText(model, encoding, offset, length)] as const;
        }),
      );
      busy = false;
      if (!stopped) {
        setReadings(new Map(found));
        if (again) {
          soon();
        }
      }
    };
    const soon = (): void => {
      again = busy;
      if (!busy && !stopped) {
        timer ??= setTimeout(() => void refresh(), REFRESH_MS);
      }
    };
    model.source.show(offset, length ?? 1);
    const stop = model.source.follow(soon);
    void refresh();
    return () => {
      stopped = true;
      clearTimeout(timer);
      stop();
    };
  }, [model, offset, length]);
  return readings;
}

const TEXT_MAX_BYTES = 64 * 1024;

async function readText(
  model: Model,
  encoding: string,
  offset: number,
  length: number | null,
): Promise<Reading> {
  try {
    const query = length === null ? {} : { length: Math.min(length, TEXT_MAX_BYTES) };
    const text = await api.text(model.section, { encoding, offset, ...query });
    return { text, wrong: false };
  } catch (error) {
    const words = error instanceof ApiProblem ? error.detail : (error as Error).message;
    return { text: words, wrong: true };
  }
}

interface RowProps {
  model: Model;
  encoding: string;
  reading: Reading | null;
  editing: boolean;
  onEdit: (on: boolean) => void;
}

function EncodingRow({ model, encoding, reading, editing, onEdit }: RowProps) {
  const text = reading?.wrong ? "" : (reading?.text ?? "");
  return (
    <>
      <div class="mem-encoding">
        <span class="mem-encoding-name mono">{encoding}</span>
        <span class={`mem-encoding-text${reading?.wrong ? " mem-not-this" : ""}`} dir="auto">
          {reading === null ? "…" : shorten(reading)}
        </span>
        {model.writable && (
          <button
            class="button mem-small"
            aria-expanded={editing}
            aria-label={`Write ${encoding}`}
            onClick={() => onEdit(!editing)}
          >
            Write
          </button>
        )}
      </div>
      {editing && (
        <TextEditor model={model} encoding={encoding} text={text} onDone={() => onEdit(false)} />
      )}
    </>
  );
}

/** Control characters as their symbols (U+2400…), so that they are visible. */
function shorten({ text, wrong }: Reading): string {
  if (wrong || text === "") {
    return text || "(empty)";
  }
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)} …` : text;
  return shown
    .replace(/[\0-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\x7f-\x9f]/g, "·");
}
