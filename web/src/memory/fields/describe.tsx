import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, api } from "../../api/api";
import { type Abi, type Description, type FieldPlace, type LayoutError, layouts } from "../../api/layouts";
import { VALUE_TYPES } from "../../api/value-types";
import { useAction, useFollow } from "../../ui/hooks";
import { Problem } from "../../ui/problem";
import { marked } from "../source/field-values";
import type { Fields } from "../source/fields";
import type { Model } from "../source/model";
import { decode } from "../source/values";
import { isC, nameOf, placeInText } from "./description";

const CHECK_AFTER_MS = 200;
const PREVIEW_MOST = 200;
const PREVIEW_EVERY_MS = 250;
const ABIS: readonly Abi[] = ["win64", "win32", "sysv64", "sysv32"];

interface Checked {
  of: Description;
  fields: Partial<FieldPlace>[];
  little: boolean;
}

/** Takes a structure of C, or a layout in JSON, checks it while it is typed, and keeps it. */
export function Describe({ fields, model, onDone }: {
  fields: Fields; model: Model; onDone: () => void;
}) {
  const [text, setText] = useState("");
  const [abi, setAbi] = useState<Abi | null>(null);
  const [name, setName] = useState<string | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const { checked, errors, problem } = useCheck(text, abi);
  const { busy, error, run } = useAction();
  const called = name ?? nameOf(text, fields.section.name);
  const ready = checked !== null && checked.of.text === text && checked.of.abi === abi;

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    if (ready && !busy) {
      void run(async () => {
        await layouts.put(called, checked.of, false);
        await api.change(fields.section, { layout: called });
        fields.choose(called);
        onDone();
      });
    }
  };
  const goTo = ({ line, column, pointer }: LayoutError): void => {
    const at = placeInText(text, line, column, pointer);
    area.current?.focus();
    area.current?.setSelectionRange(at, at + 1);
  };
  return (
    <form class="mem-describe" aria-label="Describe the section" onSubmit={onSubmit}>
      <div class="mem-describe-text">
        <textarea ref={area} class="input mono" aria-label="A structure of C, or a layout in JSON" rows={10}
          spellcheck={false} aria-invalid={errors.length > 0} value={text}
          placeholder={"struct telemetry {\n    float rpm;\n    int32_t gear;\n};"}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && onDone()} />
        <div class="toolbar">
          <label class="mem-columns">
            <span>Name</span>
            <input class="input mono mem-layout-name" value={called} spellcheck={false} maxLength={64}
              onInput={(event) => setName(event.currentTarget.value)} />
          </label>
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
          <button type="button" class="button" onClick={onDone}>Cancel</button>
          <button class="button button-primary" disabled={!ready || busy}>Keep and use</button>
        </div>
        <Problem of={error} />
      </div>
      <div class="mem-describe-result" role="region" aria-label="What it means" tabIndex={0}>
        <div class="mem-describe-errors" role="status">
          {errors.map((each, i) => (
            <p key={i}>
              <button type="button" class="button mem-small" onClick={() => goTo(each)}>
                {each.line !== undefined ? `${each.line}:${each.column ?? 1}` : (each.pointer ?? "here")}
              </button>{" "}
              <bdi>{marked(each.detail)}</bdi>
            </p>
          ))}
        </div>
        <Problem of={problem} />
        {ready && <Preview checked={checked} model={model} />}
      </div>
    </form>
  );
}

/** Has the daemon check the text once it rests. */
function useCheck(text: string, abi: Abi | null) {
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
      const of = { text, isC: isC(text), abi };
      try {
        const answer = await layouts.put("check", of, true, end.signal);
        tell({ of, fields: answer.fields, little: answer.endian !== "big" }, [], null);
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
  }, [text, abi]);
  return { checked, errors, problem };
}

/** The fields with the values that the section has now, where they are single numbers. */
function Preview({ checked, model }: { checked: Checked; model: Model }) {
  useFollow(model.source, () => PREVIEW_EVERY_MS);
  const { fields, little } = checked;
  useEffect(() => {
    const ends = fields.map(({ offset }) => (typeof offset === "number" ? offset + 8 : 0));
    model.source.show(0, Math.min(model.size, 65536, Math.max(1, ...ends)));
  }, [fields]);
  return (
    <table class="table mem-values-table" aria-label="Fields as they would be">
      <thead>
        <tr><th>Name</th><th>Type</th><th class="num">Offset</th><th class="num">Now</th></tr>
      </thead>
      <tbody>
        {fields.slice(0, PREVIEW_MOST).map((field, i) => (
          <tr key={i}>
            <th scope="row"><bdi class="mono">{marked(field.name ?? "")}</bdi></th>
            <td class="mono">
              {marked(field.type ?? "")}
              {typeof field.count === "object" || typeof field.count === "number" ? timesOf(field.count) : ""}
            </td>
            <td class="num mono">
              {typeof field.offset === "number" ? `0x${field.offset.toString(16)}` : "…"}
            </td>
            <td class="num mono"><bdi>{valueNow(field, little, model)}</bdi></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many elements; what depends on the memory is left open. */
function timesOf(count: number | number[]): string {
  return [count].flat().map((each) => (typeof each === "number" ? ` × ${each}` : " × …")).join("");
}

function valueNow(field: Partial<FieldPlace>, little: boolean, model: Model): string {
  const type = VALUE_TYPES.find(({ id }) => id === field.type);
  if (!type || typeof field.offset !== "number" || field.count !== undefined ||
      field.bit_width !== undefined || field.offset + type.size > model.size) {
    return "";
  }
  const bytes = model.source.pages.bytes(field.offset, type.size);
  return bytes ? marked(decode(type.id, bytes, little)) : "";
}
