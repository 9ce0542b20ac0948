import { useLayoutEffect, useRef } from "preact/hooks";
import type { Model } from "../source/model";
import { paste } from "./clipboard";
import { Grid } from "./grid";
import "./grid.css";
import { type Actions, handleKey } from "./keys";
import { Strip } from "./strip";

/** The grid takes the keys again. */
export const focusGrid = (): void => document.getElementById("mem-scroller")?.focus();

/** The grid's elements, and its input by pointer and keys. Grid draws the content. */
export function GridView(props: { model: Model; columns: number; actions: Actions; label: string }) {
  const { model, columns, actions, label } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const treadmill = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  const thumb = useRef<HTMLDivElement>(null);
  const heat = useRef<HTMLCanvasElement>(null);
  const spoken = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const outer = useRef<HTMLDivElement>(null);
  const grid = useRef<Grid | null>(null);

  useLayoutEffect(() => {
    const made = new Grid(model, scroller.current!, treadmill.current!, layer.current!, head.current!, {
      body: outer.current!.parentElement!,
      grid: outer.current!,
    });
    const strip = new Strip(model, made, track.current!, thumb.current!, heat.current!);
    grid.current = made;
    const stopPointer = followPointer(layer.current!, scroller.current!, model, made);
    const stopSpeaking = speak(spoken.current!, model, made);
    return () => {
      stopSpeaking();
      stopPointer();
      strip.destroy();
      made.destroy();
      grid.current = null;
    };
  }, [model]);

  useLayoutEffect(() => grid.current?.setColumns(columns), [model, columns]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (handleKey(event, model, actions)) {
      event.preventDefault();
    }
  };
  const onPaste = (event: ClipboardEvent): void => {
    event.preventDefault();
    paste(model, event.clipboardData?.getData("text/plain") ?? "");
  };

  return (
    <div ref={outer} class="mem-grid">
      <div class="mem-sheet">
        <div class="mem-head">
          <div ref={head} class="mem-row" aria-hidden="true" />
        </div>
        <div
          ref={scroller}
          id="mem-scroller"
          class="mem-scroller"
          role="application"
          aria-roledescription="hex editor"
          aria-label={label}
          data-keys="own"
          tabIndex={0}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        >
          <div ref={treadmill} class="mem-treadmill">
            <div ref={layer} class="mem-layer" />
          </div>
        </div>
      </div>
      <div
        ref={track}
        class="mem-strip"
        role="scrollbar"
        aria-label="Place in the section, and where it changes"
        aria-orientation="vertical"
        aria-controls="mem-scroller"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={0}
      >
        <canvas ref={heat} class="mem-heat" aria-hidden="true" />
        <div ref={thumb} class="mem-thumb" />
      </div>
      <div ref={spoken} class="sr-only" role="status" aria-live="polite" />
    </div>
  );
}

/** Selects by mouse, scrolling past the edges; on a touch screen a tap selects, a swipe scrolls. */
function followPointer(layer: HTMLElement, scroller: HTMLElement, model: Model, grid: Grid) {
  let anchor: number | null = null;
  let last: PointerEvent | null = null;
  let frame = 0;

  const extend = (): void => {
    if (anchor !== null && last) {
      model.select({ anchor, head: grid.byteAt(last.clientX, last.clientY).offset });
    }
  };
  /** Scrolls while the pointer is above or below the grid, faster with the distance. */
  const drag = (): void => {
    frame = 0;
    if (anchor === null || !last) {
      return;
    }
    const box = scroller.getBoundingClientRect();
    const past = Math.min(0, last.clientY - box.top) + Math.max(0, last.clientY - box.bottom);
    if (past !== 0) {
      grid.moveBy(past / 2);
      extend();
      frame = requestAnimationFrame(drag);
    }
  };
  const pressed = (event: PointerEvent): void => {
    if (event.button !== 0 || event.pointerType === "touch") {
      return;
    }
    event.preventDefault();
    scroller.focus({ preventScroll: true });
    layer.setPointerCapture(event.pointerId);
    const { offset, side } = grid.byteAt(event.clientX, event.clientY);
    anchor = event.shiftKey ? model.selection.anchor : offset;
    model.select({ anchor, head: offset }, side);
  };
  const moved = (event: PointerEvent): void => {
    if (anchor !== null) {
      last = event;
      extend();
      frame ||= requestAnimationFrame(drag);
    } else {
      layer.title = model.fieldAt(grid.byteAt(event.clientX, event.clientY).offset);
    }
  };
  const released = (): void => {
    anchor = null;
    last = null;
  };
  const tapped = (event: MouseEvent): void => {
    if ((event as PointerEvent).pointerType === "touch") {
      const { offset, side } = grid.byteAt(event.clientX, event.clientY);
      model.select({ anchor: offset, head: offset }, side);
      scroller.focus({ preventScroll: true });
    }
  };

  layer.addEventListener("pointerdown", pressed);
  layer.addEventListener("pointermove", moved);
  layer.addEventListener("pointerup", released);
  layer.addEventListener("pointercancel", released);
  layer.addEventListener("click", tapped);
  return () => {
    cancelAnimationFrame(frame);
    layer.removeEventListener("pointerdown", pressed);
    layer.removeEventListener("pointermove", moved);
    layer.removeEventListener("pointerup", released);
    layer.removeEventListener("pointercancel", released);
    layer.removeEventListener("click", tapped);
  };
}

/** Tells screen readers where the caret is once it rests, not at each repeat of a key. */
function speak(element: HTMLElement, model: Model, grid: Grid): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said = model.announcement;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const news = model.announcement !== said ? model.announcement : grid.describe();
      said = model.announcement;
      if (element.textContent !== news) {
        element.textContent = news;
      }
    }, 300);
  };
  const stop = model.follow(soon);
  return () => {
    clearTimeout(timer);
    stop();
  };
}
