import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FieldPlace, FieldValue } from "../../api/layouts";
import type { FieldNode } from "../source/field-tree";
import { brief, choicesOf, marked, shown as textOf, valueTyped } from "../source/field-values";
import type { Fields } from "../source/fields";

/** What all tables of the tab share. */
export interface Shown {
  fields: Fields;
  writable: boolean;
  /** The path of the field whose panel is shown. */
  selected: string | null;
  /** Groups are open: there is a filter. */
  open: boolean;
  onSelect: (path: string) => void;
}

/** What was pressed to be edited, which another layout may take the place of meanwhile. */
interface Seen {
  layout: string;
  place: FieldPlace | null;
  before: FieldValue;
}

/** One value. Pressed, it is edited where it stands, and its panel tells more of it. */
export function FieldCell({ node, shown, first }: { node: FieldNode; shown: Shown; first: boolean }) {
  const { fields, writable, selected, onSelect } = shown;
  const [seen, setSeen] = useState<Seen | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const value = fields.values.get(node.path);
  const text = textOf(value);
  const short = brief(value);
  if (seen !== null) {
    const stop = (): void => {
      setSeen(null);
      requestAnimationFrame(() => button.current?.focus());
    };
    const { layout, before } = seen;
    return (
      <CellInput path={node.path} seen={seen} onStop={stop} onLeave={() => setSeen(null)}
        onStore={(after) => void fields.store({ layout, path: node.path, before, after })} />
    );
  }
  const press = (): void => {
    onSelect(node.path);
    if (writable && value !== undefined && fields.layout !== null) {
      setSeen({ layout: fields.layout, place: node.place, before: value });
    }
  };
  return (
    <button ref={button} class="mem-value mono" tabIndex={first || selected === node.path ? 0 : -1}
      aria-label={`${marked(node.path)}: ${text === "" ? "empty" : short}`}
      aria-pressed={selected === node.path} onClick={press}
      title={short === text ? node.place?.note : text}>
      <bdi>{short}</bdi>
    </button>
  );
}

interface InputProps {
  path: string;
  seen: Seen;
  onStore: (after: FieldValue) => void;
  onStop: () => void;
  onLeave: () => void;
}

function CellInput({ path, seen: { place, before }, onStore, onStop, onLeave }: InputProps) {
  const text = before === null ? "" : String(before);
  const choices = choicesOf(place, before);
  // A list offers only what begins with what is typed: so that it offers all, nothing is at first.
  const start = choices.length > 0 ? "" : text;
  const list = useId();
  const [typed, setTyped] = useState(start);
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (typed !== start) {
        onStore(valueTyped(typed, place?.type, before));
      }
      onStop();
    } else if (event.key === "Escape") {
      event.preventDefault();
      onStop();
    }
  };
  return (
    <>
      <input ref={input} class="mem-cell mem-value-input" aria-label={`New value of ${marked(path)}`}
        spellcheck={false} autocomplete="off" value={typed} placeholder={choices.length > 0 ? marked(text) : ""}
        list={choices.length > 0 ? list : undefined}
        onInput={(event) => setTyped(event.currentTarget.value)} onKeyDown={onKeyDown} onBlur={onLeave} />
      {choices.length > 0 && (
        <datalist id={list}>{choices.map((choice) => <option key={choice} value={choice} />)}</datalist>
      )}
    </>
  );
}
