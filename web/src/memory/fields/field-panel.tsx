import { useState } from "preact/hooks";
import { CopyButton } from "../../ui/copy";
import { Icon } from "../../ui/icon";
import { Problem } from "../../ui/problem";
import type { Plot } from "../chart/plot";
import type { FieldNode } from "../source/field-tree";
import { marked, numberOf, shown, typeText } from "../source/field-values";
import type { Fields } from "../source/fields";
import { useWatched } from "./use-watched";

interface PanelProps {
  node: FieldNode;
  fields: Fields;
  plot: Plot;
  onShow: (offset: number, length: number) => void;
  onClose: () => void;
}

/** More of one field: what it is, where it lies, and what can be done with it. */
export function FieldPanel({ node, fields, plot, onShow, onClose }: PanelProps) {
  const { path, place, offset } = node;
  const value = fields.values.get(path);
  const pinned = fields.pins.includes(path);
  const unit = place?.unit ?? "";
  useWatched(fields, [path]);
  return (
    <aside class="mem-field-panel" aria-label="Field">
      <h2 class="mem-inspector-title">
        <bdi class="mono">{marked(path)}</bdi>
        <button class="button button-quiet button-icon" aria-label="Close the field" onClick={onClose}>
          <Icon name="close" />
        </button>
      </h2>
      <p class="mem-field-now mono"><bdi>{shown(value)}</bdi> {marked(unit)}</p>
      {place?.note && <p class="faint">{marked(place.note)}</p>}
      <dl class="mem-meanings">
        <div><dt>type</dt><dd class="mono">{place ? typeText(place) : "–"}</dd></div>
        {offset !== null && <div><dt>offset</dt><dd class="mono">0x{offset.toString(16)}</dd></div>}
      </dl>
      <div class="mem-copy">
        {numberOf(value, place?.type) !== null && (
          <ChartButton path={path} unit={unit} plot={plot} />
        )}
        <button class="button mem-small" aria-pressed={pinned} onClick={() => fields.pin(path, !pinned)}>
          {pinned ? "Unpin" : "Pin"}
        </button>
        {offset !== null && (
          <button class="button mem-small" onClick={() => onShow(offset, lengthOf(node))}>Show in hex</button>
        )}
        <CopyButton text={path} label="Copy path" />
      </div>
    </aside>
  );
}

function ChartButton({ path, unit, plot }: { path: string; unit: string; plot: Plot }) {
  const [error, setError] = useState<unknown>(null);
  const charted = plot.hasField(path);
  const change = (): void => {
    try {
      setError(null);
      if (charted) {
        plot.removeField(path);
      } else {
        plot.addField(path, unit);
      }
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      <button class="button mem-small" aria-pressed={charted} onClick={change}>
        {charted ? "In the chart" : "Chart"}
      </button>
      <Problem of={error} />
    </>
  );
}

/** Of an element of an array, that of one. */
function lengthOf({ place }: FieldNode): number {
  const counts = place?.count === undefined ? [] : [place.count].flat();
  return Math.max(1, (place?.size ?? 1) / Math.max(1, counts.reduce((all, each) => all * each, 1)));
}

/** Writes that were not done, and why. */
export function FieldNotices({ fields }: { fields: Fields }) {
  const { clash, refused } = fields;
  if (clash) {
    const { edit, found } = clash;
    return (
      <div class="mem-bar mem-clash" role="alert">
        <p>
          <strong>Not written:</strong> <bdi class="mono">{marked(edit.path)}</bdi>{" "}
          {edit.layout !== fields.layout && `of ${edit.layout} `}
          {found === undefined ? "is not there any more." : (
            <>
              changed meanwhile. It was <code><bdi>{shown(edit.before)}</bdi></code> when you typed{" "}
              <code><bdi>{shown(edit.after)}</bdi></code>, and is <code><bdi>{shown(found)}</bdi></code> now.
            </>
          )}
        </p>
        {found !== undefined && (
          <button class="button button-primary" onClick={() => fields.overwrite()}>Write it anyway</button>
        )}
        <button class="button" onClick={() => fields.dismiss()}>Keep what is there</button>
      </div>
    );
  }
  return refused ? (
    <div class="mem-bar mem-clash">
      <Problem of={refused} />
      <button class="button" onClick={() => fields.dismiss()}>Close</button>
    </div>
  ) : null;
}
