import { useLayoutEffect, useState } from "preact/hooks";
import { untilBeat } from "./beat";
import type { Model } from "./model";

const READ_BEATS = 2;

/** Draws the component again when the caret or an edit changed. */
export function useModel(model: Model): void {
  const [, draw] = useState(0);
  // At once, here and below: what changed between the drawing and a late effect would not be shown.
  useLayoutEffect(() => {
    const listener = (): void => draw((count) => count + 1);
    model.listeners.add(listener);
    return () => void model.listeners.delete(listener);
  }, [model]);
}

/** Draws the component again when bytes came, but no more often than people can read. */
export function useBytes(model: Model): void {
  const [, draw] = useState(0);
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listener = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        draw((count) => count + 1);
      }, untilBeat(performance.now(), READ_BEATS));
    };
    model.source.listeners.add(listener);
    return () => {
      clearTimeout(timer);
      model.source.listeners.delete(listener);
    };
  }, [model]);
}
