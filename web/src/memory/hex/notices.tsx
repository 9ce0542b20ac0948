import type { Model } from "../source/model";
import { asHex } from "./byte-text";
import { focusGrid } from "./grid-view";

/** Writes that were not done, and why. */
export function Notices({ model }: { model: Model }) {
  const { clash } = model;
  const keep = (): void => {
    model.dismiss();
    focusGrid();
  };
  const overwrite = (): void => {
    model.overwrite();
    focusGrid();
  };
  if (clash) {
    const { edit, found } = clash;
    return (
      <div class="mem-bar mem-clash" role="alert">
        <p>
          <strong>Not written:</strong> <span class="mono">0x{edit.offset.toString(16)}</span> changed
          meanwhile. It was <code>{shortHex(edit.before)}</code> when you typed{" "}
          <code>{shortHex(edit.after)}</code>, and is <code>{shortHex(found)}</code> now.
        </p>
        <button class="button button-primary" onClick={overwrite}>
          Write it anyway
        </button>
        <button class="button" onClick={keep}>
          Keep what is there
        </button>
      </div>
    );
  }
  return model.problem ? (
    <div class="mem-bar mem-clash" role="alert">
      <p>{(model.problem as Error).message}</p>
      <button class="button" onClick={keep}>
        Close
      </button>
    </div>
  ) : null;
}

const SHOWN_BYTES = 8;
const shortHex = (bytes: Uint8Array): string =>
  asHex(bytes.subarray(0, SHOWN_BYTES)) + (bytes.length > SHOWN_BYTES ? " …" : "");
