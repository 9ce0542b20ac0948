import { useState } from "preact/hooks";
import { type ValueType, typeOf } from "../../api/value-types";
import { ByteOrderSelect, TypeSelect } from "../../ui/value-selects";
import type { Model } from "../source/model";
import { parseOffset } from "../source/selection";
import type { Plot } from "./plot";
import { SERIES_MOST } from "./samples";

/** The form that adds series: one for each row of values. */
export function AddSeries({ model, plot }: { model: Model; plot: Plot }) {
  const [type, setType] = useState<ValueType>("f64");
  const [little, setLittle] = useState(true);
  const [offset, setOffset] = useState(`0x${model.start.toString(16)}`);
  const [count, setCount] = useState(countOf(model, "f64"));
  const [stride, setStride] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    try {
      const from = parseOffset(offset, model.start, model.size);
      if (from === null) {
        throw new Error(`No such offset: the last is 0x${(model.size - 1).toString(16)}.`);
      }
      const step = stride === "" ? typeOf(type).size : Number(stride);
      plot.add({ type, little, offset: from, count: Number(count), stride: step });
      setWrong(null);
    } catch (error) {
      setWrong((error as Error).message);
    }
  };
  return (
    <form class="mem-bar mem-fields" onSubmit={onSubmit}>
      <label class="field">
        <span>Type</span>
        <TypeSelect
          value={type}
          onChange={(chosen) => {
            setType(chosen);
            setCount(countOf(model, chosen));
          }}
        />
      </label>
      <label class="field">
        <span>Byte order</span>
        <ByteOrderSelect value={little} onChange={setLittle} />
      </label>
      <label class="field">
        <span>Offset</span>
        <input
          class="input mono mem-field-offset"
          spellcheck={false}
          value={offset}
          onInput={(event) => setOffset(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Rows</span>
        <input
          class="input mem-field-number"
          type="number"
          min={1}
          max={SERIES_MOST}
          required
          value={count}
          onInput={(event) => setCount(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Stride in bytes</span>
        <input
          class="input mem-field-number"
          type="number"
          min={1}
          placeholder={String(typeOf(type).size)}
          value={stride}
          onInput={(event) => setStride(event.currentTarget.value)}
        />
      </label>
      <button class="button button-primary">Add to chart</button>
      <span class="mem-wrong" role="alert">
        {wrong}
      </span>
    </form>
  );
}

/** How many values of the type are selected, from 1 to the most that the chart takes. */
function countOf(model: Model, type: ValueType): string {
  const count = Math.floor(model.length / typeOf(type).size);
  return String(Math.max(1, Math.min(SERIES_MOST, count)));
}
