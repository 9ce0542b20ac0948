import { useState } from "preact/hooks";
import { VALUE_TYPES, type ValueTypeInfo } from "../../api/value-types";
import { useFollow } from "../../ui/hooks";
import type { Model } from "../source/model";
import { decode, encode, fileTime, guid, unixTime } from "../source/values";
import { untilRedraw } from "./redraw";

/** Drawn in every second frame: more often cannot be read. */
const READABLE_REDRAWS = 2;

/** The bytes at the caret as each type and in both byte orders; each value can be edited. */
export function Inspector({ model }: { model: Model }) {
  useFollow(model);
  useFollow(model.source, () => untilRedraw(performance.now(), READABLE_REDRAWS));
  const offset = model.start;
  const bytes = bytesAt(model, offset);
  return (
    <section class="mem-inspector" aria-label="Inspector">
      <h2 class="mem-inspector-title">
        <span>Inspector</span>
        <span class="mono faint">0x{offset.toString(16)}</span>
      </h2>
      <table class="mem-types">
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col">Little-endian</th>
            <th scope="col">Big-endian</th>
          </tr>
        </thead>
        <tbody>
          {VALUE_TYPES.map((type) => (
            <TypeRow key={type.id} model={model} type={type} offset={offset} bytes={bytes} />
          ))}
        </tbody>
      </table>
      <OtherMeanings bytes={bytes} />
    </section>
  );
}

const MEANING_BYTES = 16;

/** The known bytes from there on, as many as the longest meaning takes. */
function bytesAt(model: Model, offset: number): Uint8Array {
  const { pages } = model.source;
  const bytes: number[] = [];
  for (let at = offset; at < Math.min(model.size, offset + MEANING_BYTES); at++) {
    const byte = pages.byte(at);
    if (byte < 0) {
      break;
    }
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

interface CellProps {
  model: Model;
  type: ValueTypeInfo;
  offset: number;
  bytes: Uint8Array;
}

function TypeRow(props: CellProps) {
  const { type } = props;
  return (
    <tr>
      <th scope="row" title={type.what}>
        {type.id}
      </th>
      {type.size === 1 ? (
        <td colSpan={2}>
          <Cell {...props} little={true} />
        </td>
      ) : (
        [true, false].map((little) => (
          <td key={little}>
            <Cell {...props} little={little} />
          </td>
        ))
      )}
    </tr>
  );
}

/** One value. While it is edited, changes of the bytes are not shown in it. */
function Cell({ model, type, offset, bytes, little }: CellProps & { little: boolean }) {
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const present = bytes.length >= type.size;
  const shown = present ? decode(type.id, bytes, little) : "";

  const stop = (): void => {
    setTyped(null);
    setWrong(null);
  };
  const commit = (): void => {
    if (typed === null || typed === shown) {
      stop();
      return;
    }
    try {
      model.writeSeen(offset, encode(type.id, typed, little), false);
      stop();
    } catch (error) {
      setWrong((error as Error).message);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      commit();
    } else if (event.key === "Escape") {
      stop();
    }
  };
  const order = type.size === 1 ? "" : little ? " little-endian" : " big-endian";
  return (
    <>
      <input
        class={`mem-cell${wrong ? " mem-cell-wrong" : ""}`}
        aria-label={type.id + order}
        aria-invalid={wrong !== null}
        readOnly={!present || !model.writable}
        spellcheck={false}
        autocomplete="off"
        value={typed ?? shown}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={stop}
      />
      {wrong && (
        <div class="mem-cell-why" role="alert">
          {wrong}
        </div>
      )}
    </>
  );
}

/** What else the bytes may be, for reading only. */
function OtherMeanings({ bytes }: { bytes: Uint8Array }) {
  const rows: [string, string][] = [
    ["binary", Array.from(bytes.slice(0, 2), (b) => b.toString(2).padStart(8, "0")).join(" ")],
  ];
  const add = (name: string, size: number, meaning: () => string | null): void => {
    rows.push([name, bytes.length >= size ? (meaning() ?? "–") : "–"]);
  };
  add("time_t 32", 4, () => unixTime(bytes, 4, true));
  add("time_t 64", 8, () => unixTime(bytes, 8, true));
  add("FILETIME", 8, () => fileTime(bytes, true));
  add("GUID", 16, () => guid(bytes));
  return (
    <dl class="mem-meanings">
      {rows.map(([name, meaning]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="mono">{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
