import { useEffect, useRef, useState } from "preact/hooks";
import { may } from "../../api/connection";
import { layouts } from "../../api/layouts";
import { useAction, useFollow } from "../../ui/hooks";
import { Problem } from "../../ui/problem";
import { SearchField } from "../../ui/search";
import type { Plot } from "../chart/plot";
import { filterTree, findNode } from "../source/field-tree";
import type { Fields } from "../source/fields";
import type { Model } from "../source/model";
import { Describe } from "./describe";
import type { Shown } from "./field-cell";
import { FieldNotices, FieldPanel } from "./field-panel";
import { FieldGroup, FieldTable } from "./field-tables";
import { useWatched } from "./use-watched";
import "./fields.css";

const DRAW_EVERY_MS = 100;
const LOOK_EVERY_MS = 1000;
const OFFERED_MOST = 5;
const REASONS: Record<string, string> = {
  name: "has its name", fields: "has its contents", size: "has its size, which says little by itself",
};

interface TabProps {
  fields: Fields;
  model: Model;
  plot: Plot;
  onShow: (offset: number, length: number) => void;
}

/** The fields of the section, live: as a tree, arrays of structures as tables. */
export function FieldsTab({ fields, model, plot, onShow }: TabProps) {
  useFollow(fields, () => DRAW_EVERY_MS);
  useFollow(plot, () => DRAW_EVERY_MS);
  useEffect(() => {
    const timer = setInterval(() => fields.checkPlaces(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [fields]);
  const [words, setWords] = useState("");
  useWatched(fields, words === "" ? [] : null); // a filter looks at all values
  const [describing, setDescribing] = useState(false);
  const [path, setPath] = useState<string | null>(null);
  const filter = useRef<HTMLInputElement>(null);
  const writable = may("write") && model.writable && !fields.gone;
  const shown: Shown = { fields, writable, selected: path, open: words !== "", onSelect: setPath };
  const tree = filterTree(fields.tree, words, fields.values);
  const pinned = fields.pins.flatMap((each) => findNode(fields.tree, each) ?? []);
  const node = path === null ? null : findNode(fields.tree, path);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !event.defaultPrevented) {
      setPath(null);
    }
  };

  return (
    <div class="mem-values">
      <div class="mem-bar toolbar mem-layouts">
        <LayoutChoice fields={fields} />
        <SearchField field={filter} label="Filter the fields" placeholder="Filter" value={words}
          onChange={setWords} />
        <span class="spacer" />
        {may("admin") && (
          <button class="button" aria-expanded={describing} onClick={() => setDescribing(!describing)}>
            Describe
          </button>
        )}
      </div>
      {describing && (
        <Describe fields={fields} model={model} onDone={() => setDescribing(false)} />
      )}
      {(!describing || fields.layout !== null) && <State fields={fields} />}
      <FieldNotices fields={fields} />
      <div class="mem-values-body">
        <div class="mem-values-list" onKeyDown={onKeyDown}>
          <div class="mem-values-content">
          {pinned.length > 0 && (
            <section aria-label="Pinned">
              <h2 class="mem-values-title">Pinned</h2>
              <FieldTable nodes={pinned} shown={shown} label="Pinned fields" whole />
            </section>
          )}
          <FieldGroup nodes={tree} shown={shown} label="Fields" />
          {words !== "" && tree.length === 0 && <p class="empty">No field has “{words}”.</p>}
          </div>
        </div>
        {node && (
          <FieldPanel node={node} fields={fields} plot={plot} onShow={onShow}
            onClose={() => setPath(null)} />
        )}
      </div>
    </div>
  );
}

/** Which layout: those that fit first, then all. */
function LayoutChoice({ fields }: { fields: Fields }) {
  const [names, setNames] = useState<string[]>([]);
  const { busy, error, run } = useAction();
  useEffect(() => {
    void layouts.names().then(setNames, () => {}); // those that fit can still be chosen
  }, [fields.layout]);
  const fitting = fields.fitting ?? [];
  const others = [...new Set([...names, ...(fields.layout === null ? [] : [fields.layout])])]
    .filter((name) => fitting.every((each) => each.name !== name));
  const keep = (): void => void run(() => fields.keep(fields.layout));
  return (
    <>
      <label class="mem-columns">
        <span>Layout</span>
        <select class="select mem-layout" value={fields.layout ?? ""}
          onChange={(event) => fields.choose(event.currentTarget.value || null)}>
          <option value="">none</option>
          {fitting.length > 0 && (
            <optgroup label="Fits">{fitting.map(({ name, by }) => (
              <option key={name} value={name}>{name} (by {by.join(", ")})</option>
            ))}</optgroup>
          )}
          {others.length > 0 && (
            <optgroup label="Others">{others.map((name) => <option key={name}>{name}</option>)}</optgroup>
          )}
        </select>
      </label>
      {may("admin") && fields.kept !== fields.layout && (
        <button class="button" disabled={busy} onClick={keep}
          title="Whoever asks for the fields of this section gets these">
          {fields.layout === null ? "Take it from the section" : "Keep for the section"}
        </button>
      )}
      <Problem of={error} />
    </>
  );
}

/** Why no values come, or none that can be relied on. */
function State({ fields }: { fields: Fields }) {
  if (fields.layout === null) {
    return (
      <div class="empty">
        <p>
          {fields.fitting === null ? "Looking for a layout that fits…"
            : fields.fitting.length > 0 ? "What may fit:" : "No known layout fits."}
        </p>
        {fields.fitting?.slice(0, OFFERED_MOST).map(({ name, by }) => (
          <p key={name}>
            <button class="button" onClick={() => fields.choose(name)}>Use {name}</button>{" "}
            <span class="faint">{by.map((reason) => REASONS[reason] ?? reason).join(", ")}</span>
          </p>
        ))}
        <p class="faint">A layout says what the bytes mean. Choose one above, or describe your own: a C
          structure is enough.</p>
      </div>
    );
  }
  if (fields.problem) {
    const mismatch = fields.problem.code === "layout_mismatch";
    return (
      <div class="mem-bar mem-clash" role="alert">
        <p>
          <strong>{mismatch ? `The bytes are not those of ${fields.layout}.` : fields.problem.title}</strong>{" "}
          <bdi class="mono">{fields.problem.detail}</bdi>
          {fields.known && " What is shown is what was last seen."}
        </p>
      </div>
    );
  }
  if (fields.torn) {
    return (
      <div class="mem-bar mem-clash" role="alert">
        <p>
          <strong>Torn:</strong> the program has been in the middle of writing for a second, so that no
          copy was consistent. What is shown is what was last seen whole.
        </p>
      </div>
    );
  }
  return fields.known ? null : <p class="empty">Reading…</p>;
}
