import { isSide, type PictureChoice } from "./picture-choice";
import { formatOf, PIXEL_FORMATS } from "./pixels";

const SIZES: readonly (readonly [number, number])[] = [
  [160, 120], [320, 240], [640, 480], [800, 600], [1024, 768], [1280, 720], [1920, 1080],
];
const ZOOMS = ["fit", "1", "2", "4", "8"];

/** The fields that say where the picture is and how its pixels are stored. */
export function PictureFields(props: {
  choice: PictureChoice;
  change: (part: Partial<PictureChoice>) => void;
}) {
  const { choice, change } = props;
  const width = Number(choice.width);
  const least = isSide(width) ? formatOf(choice.format).rowBytes(width) : "";
  const size = `${choice.width}x${choice.height}`;
  const number = (name: "width" | "height" | "stride", label: string, placeholder = "") => (
    <label class="field">
      <span>{label}</span>
      <input
        class="input mem-field-number"
        type="number"
        min={1}
        placeholder={placeholder}
        value={choice[name]}
        onInput={(event) => change({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <div class="mem-bar mem-fields">
      <label class="field">
        <span>Pixel format</span>
        <select
          class="select mem-field-format"
          value={choice.format}
          onChange={(event) => change({ format: event.currentTarget.value })}
        >
          {PIXEL_FORMATS.map(({ id, what }) => (
            <option key={id} value={id}>
              {id} – {what}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Offset</span>
        <input
          class="input mono mem-field-number"
          spellcheck={false}
          value={choice.offset}
          onInput={(event) => change({ offset: event.currentTarget.value })}
        />
      </label>
      {number("width", "Width")}
      {number("height", "Height")}
      {number("stride", "Stride in bytes", String(least))}
      <label class="field">
        <span>Usual sizes</span>
        <select
          class="select"
          value={SIZES.some(([w, h]) => `${w}x${h}` === size) ? size : ""}
          onChange={(event) => {
            const [w, h] = event.currentTarget.value.split("x");
            if (w && h) {
              change({ width: w, height: h, stride: "" });
            }
          }}
        >
          <option value="">–</option>
          {SIZES.map(([w, h]) => (
            <option key={w} value={`${w}x${h}`}>
              {w} × {h}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Zoom</span>
        <select
          class="select"
          value={choice.zoom}
          onChange={(event) => change({ zoom: event.currentTarget.value })}
        >
          {ZOOMS.map((zoom) => (
            <option key={zoom} value={zoom}>
              {zoom === "fit" ? "fit" : `${zoom} ×`}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
