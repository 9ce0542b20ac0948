import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "../../api/api";
import {
  type Abi, type DeclaredLayout, type Description, type LayoutError, layouts,
} from "../../api/layouts";
import { useAction } from "../../ui/hooks";
import { Problem } from "../../ui/problem";
import { marked } from "../source/field-values";
import type { Fields } from "../source/fields";
import type { Model } from "../source/model";
import { isC, nameOf, placeInText, structsOf } from "./description";
import { Preview } from "./preview-table";

const CHECK_AFTER_MS = 200;
const ABIS: readonly Abi[] = ["win64", "win32", "sysv64", "sysv32"];

interface Checked {
  of: Description;
  layout: DeclaredLayout;
}

/** Takes a structure of C, or a layout in JSON, checks it while it is typed, and keeps it. */
export function Describe({ fields, model, onDone }: {
  fields: Fields; model: Model; onDone: () => void;
}) {
  const [text, setText] = useState("");
  const [abi, setAbi] = useState<Abi | null>(null);
  const [name, setName] = useState<string | null>(null);
  const [scrolled, setScrolled] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const structs = isC(text) ? structsOf(text) : [];
  const [chosen, setChosen] = useState<string | null>(null);
  const struct = chosen !== null && structs.includes(chosen) ? chosen : null;
  const { checked, errors, problem } = useCheck(text, abi, struct);
  const { busy, error, run, clear } = useAction();
  const called = name ?? nameOf(text, fields.section.name, struct);
  const ready = checked !== null && checked.of.text === text && checked.of.abi === abi &&
    checked.of.struct === struct;
  // The name that was found to be another layout's: pressed again, the button means that one.
  const taken = error instanceof ApiProblem && error.status === 412;

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    if (ready && !busy) {
      void run(async () => {
        await layouts.put(called, checked.of, taken ? "over" : "new");
        await fields.keep(called);
        fields.choose(called);
        onDone();
      });
    }
  };
  const callIt = (typed: string): void => {
    setName(typed);
    clear();
  };
  const goTo = ({ line, column, pointer }: LayoutError): void => {
    const at = placeInText(text, line, column, pointer);
    area.current?.focus();
    area.current?.setSelectionRange(at, at + 1);
  };
  return (
    <form class="mem-describe" aria-label="Describe the section" onSubmit={onSubmit}>
      <div class="mem-describe-text">
        <div class="mem-typed">
          <LineNumbers count={text.split("\n").length} wrong={errors} scrolled={scrolled} />
          <textarea ref={area} class="input mono" aria-label="A structure of C, or a layout in JSON" rows={12}
            onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
            spellcheck={false} aria-invalid={errors.length > 0} value={text}
            placeholder={"struct telemetry {\n    float rpm;\n    int32_t gear;\n};"}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Escape" && onDone()} />
        </div>
        <div class="toolbar">
          <label class="mem-columns">
            <span>Name</span>
            <input class="input mono mem-layout-name" value={called} spellcheck={false} maxLength={64}
              onInput={(event) => callIt(event.currentTarget.value)} />
          </label>
          {structs.length > 1 && (
            <label class="mem-columns">
              <span>Structure</span>
              <select class="select mem-layout" value={struct ?? structs.at(-1)}
                onChange={(event) => setChosen(event.currentTarget.value)}>
                {structs.map((each) => <option key={each}>{each}</option>)}
              </select>
            </label>
          )}
          {isC(text) && (
            <label class="mem-columns">
              <span>ABI</span>
              <select class="select" value={abi ?? ""}
                onChange={(event) => setAbi((event.currentTarget.value || null) as Abi | null)}>
                <option value="">the daemon’s own</option>
                {ABIS.map((each) => <option key={each}>{each}</option>)}
              </select>
            </label>
          )}
          <span class="spacer" />
          <div class="toolbar">
            <button type="button" class="button" onClick={onDone}>Cancel</button>
            <button class="button button-primary" disabled={!ready || busy}>
              {taken ? "Replace and use" : "Keep and use"}
            </button>
          </div>
        </div>
        {taken
          ? <p class="mem-wrong" role="alert">There is a layout called <bdi class="mono">{called}</bdi> already.</p>
          : <Problem of={error} />}
      </div>
      <div class="mem-describe-result" role="region" aria-label="What it means" tabIndex={0}>
        <div class="mem-describe-errors" role="status">
          <Places of={errors} goTo={goTo} />
        </div>
        <Problem of={problem} />
        {ready && checked.of.isC && checked.layout.notes !== undefined && (
          <div class="mem-describe-notes" role="note" aria-label="What was left out, passed over or decided">
            <Places of={checked.layout.notes} goTo={goTo} />
          </div>
        )}
        {ready && <Preview layout={checked.layout} model={model} />}
      </div>
    </form>
  );
}

/** What is said of places of the text, each with a button that leads there. */
function Places({ of, goTo }: { of: LayoutError[]; goTo: (place: LayoutError) => void }) {
  return (
    <>
      {of.map((each, i) => (
        <p key={i}>
          <button type="button" class="button mem-small" onClick={() => goTo(each)}>
            {each.line !== undefined ? `${each.line}:${each.column ?? 1}` : (each.pointer ?? "here")}
          </button>{" "}
          <bdi>{marked(each.detail)}</bdi>
        </p>
      ))}
    </>
  );
}

/** Those of the lines that have an error stand out. */
function LineNumbers({ count, wrong, scrolled }: {
  count: number; wrong: LayoutError[]; scrolled: number;
}) {
  const column = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    column.current!.scrollTop = scrolled;
  });
  const lines = new Set(wrong.map(({ line }) => line));
  return (
    <div ref={column} class="mem-line-numbers mono" aria-hidden="true">
      {Array.from({ length: Math.max(count, 1) }, (_, i) => (
        <span key={i} class={lines.has(i + 1) ? "mem-line-wrong" : undefined}>{i + 1}</span>
      ))}
    </div>
  );
}

/** Has the daemon check the text once it rests. */
function useCheck(text: string, abi: Abi | null, struct: string | null) {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [errors, setErrors] = useState<LayoutError[]>([]);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    const end = new AbortController();
    const tell = (done: Checked | null, wrong: LayoutError[], other: unknown): void => {
      if (!end.signal.aborted) {
        setChecked(done);
        setErrors(wrong);
        setProblem(other);
      }
    };
    const check = async (): Promise<void> => {
      const of = { text, isC: isC(text), abi, struct };
      try {
        tell({ of, layout: await layouts.put("check", of, "dry", end.signal) }, [], null);
      } catch (error) {
        const wrong = error instanceof ApiProblem && error.code === "bad_layout";
        tell(null, wrong ? error.errors as unknown as LayoutError[] : [], wrong ? null : error);
      }
    };
    if (text.trim() === "") {
      tell(null, [], null);
    }
    const timer = text.trim() === "" ? undefined : setTimeout(() => void check(), CHECK_AFTER_MS);
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [text, abi, struct]);
  return { checked, errors, problem };
}
