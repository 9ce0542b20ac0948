import { marked } from "../source/field-values";
import type { Plot } from "./plot";

/** The series with their present values: each can be hidden or removed. */
export function SeriesList({ plot }: { plot: Plot }) {
  return (
    <ul class="mem-series" aria-label="Series">
      {plot.series.map((series, i) => (
        <li key={series.colour}>
          <label class="check">
            <input
              type="checkbox"
              checked={series.shown}
              onChange={(event) => plot.show(series, event.currentTarget.checked)}
            />
            <span class="mem-swatch" style={{ background: `var(--series-${series.colour + 1})` }} />
            <span class="mono">{marked(series.name)}</span>
            {series.bytes?.little === false && <span class="faint">big-endian</span>}
          </label>
          <output class="mono">{plot.value(i)}{series.unit && ` ${marked(series.unit)}`}</output>
          <button
            class="button button-quiet mem-small"
            aria-label={`Remove ${marked(series.name)}`}
            onClick={() => plot.remove(series)}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}
