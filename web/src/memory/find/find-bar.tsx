import { useLayoutEffect, useRef } from "preact/hooks";
import { useFollow } from "../../ui/hooks";
import { ByteOrderSelect, TypeSelect } from "../../ui/value-selects";
import { ENCODINGS } from "../source/encodings";
import type { FindKind } from "./find";
import "./find.css";
import type { Finder } from "./finder";

const PLACEHOLDERS: Record<FindKind, string> = {
  bytes: "de ad ?? ef",
  text: "text to find",
  value: "42, 0x2a, 1.5",
};

/** Finds bytes, text in an encoding, or a value: next, previous, and stop for a long search. */
export function FindBar({ finder, onClose }: { finder: Finder; onClose: () => void }) {
  useFollow(finder);
  const input = useRef<HTMLInputElement>(null);
  // A layout effect: keys that are pressed as soon as the bar shows must not write over the bytes.
  useLayoutEffect(() => {
    input.current?.select();
    input.current?.focus();
  }, [finder]);

  const { kind } = finder.options;
  const running = finder.progress !== null;
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    void finder.next(false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.preventDefault();
      if (running) {
        finder.cancel();
      } else {
        onClose();
      }
    } else if ((event.key === "Enter" && event.shiftKey) || event.key === "F3") {
      event.preventDefault();
      void finder.next(event.shiftKey);
    }
  };

  return (
    <form class="mem-bar mem-find" role="search" onSubmit={onSubmit} onKeyDown={onKeyDown}>
      <select
        class="select"
        aria-label="What to find"
        value={kind}
        onChange={(e) => finder.change(finder.text, { kind: e.currentTarget.value as FindKind })}
      >
        <option value="bytes">Bytes</option>
        <option value="text">Text</option>
        <option value="value">Value</option>
      </select>
      <input
        ref={input}
        class="input mono mem-find-text"
        aria-label="Find"
        placeholder={PLACEHOLDERS[kind]}
        spellcheck={false}
        autocomplete="off"
        value={finder.text}
        onInput={(event) => finder.change(event.currentTarget.value)}
      />
      <FindOptionsOf finder={finder} />
      <button type="submit" class="button" disabled={running}>
        Next
      </button>
      <button type="button" class="button" disabled={running} onClick={() => finder.next(true)}>
        Previous
      </button>
      {running ? (
        <span class="mem-progress">
          <progress aria-label="Searched" max={1} value={finder.progress ?? 0} />
          <button type="button" class="button button-quiet" onClick={() => finder.cancel()}>
            Stop
          </button>
        </span>
      ) : (
        <button type="button" class="button button-quiet" onClick={onClose}>
          Close
        </button>
      )}
      <span class={`mem-outcome${finder.outcome?.wrong ? " mem-wrong" : ""}`} role="status">
        {finder.outcome?.text}
      </span>
    </form>
  );
}

function FindOptionsOf({ finder }: { finder: Finder }) {
  const { kind, encoding, type, little } = finder.options;
  if (kind === "text") {
    return (
      <select
        class="select"
        aria-label="Encoding"
        value={encoding}
        onChange={(event) => finder.change(finder.text, { encoding: event.currentTarget.value })}
      >
        {ENCODINGS.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    );
  }
  if (kind === "bytes") {
    return null;
  }
  return (
    <>
      <TypeSelect label="Type" value={type}
        onChange={(chosen) => finder.change(finder.text, { type: chosen })} />
      <ByteOrderSelect label="Byte order" value={little}
        onChange={(chosen) => finder.change(finder.text, { little: chosen })} />
    </>
  );
}
