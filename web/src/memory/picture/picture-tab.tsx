import type { Store } from "../../base/store";
import { useStore } from "../../ui/hooks";
import type { Model } from "../source/model";
import { LivePicture } from "./live-picture";
import { type PictureChoice, pictureOf } from "./picture-choice";
import { PictureFields } from "./picture-fields";
import "./picture.css";

/** The bytes as pixels, drawn again as they change. */
export function PictureTab({ model, choice: chosen }: {
  model: Model; choice: Store<PictureChoice>;
}) {
  const choice = useStore(chosen);
  const change = (part: Partial<PictureChoice>): void => chosen.set({ ...choice, ...part });
  const picture = pictureOf(choice, model.size);
  return (
    <div class="mem-picture">
      <PictureFields choice={choice} change={change} />
      {typeof picture === "string" ? (
        <div class="empty" role="status">
          <p>{picture}</p>
        </div>
      ) : (
        <LivePicture
          key={JSON.stringify([choice.offset, picture.shape, choice.format])}
          model={model}
          picture={picture}
          zoom={choice.zoom}
        />
      )}
    </div>
  );
}
