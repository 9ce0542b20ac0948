/* The keys of the grid. */
import type { Model } from "../source/model";
import type { Move } from "../source/selection";

/** What keys of the grid do outside of it. */
export interface Actions {
  goTo(): void;
  find(): void;
  findNext(backwards: boolean): void;
  copy(): void;
}

const MOVES: Record<string, Move> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "pageUp",
  PageDown: "pageDown",
  Home: "rowStart",
  End: "rowEnd",
};

export const KEYS: readonly (readonly [string, string])[] = [
  ["Arrows, Page Up/Down, Home, End", "move; with Shift select"],
  ["Ctrl+Home, Ctrl+End", "first and last byte"],
  ["0–9 a–f, or any text", "write over the byte, on the side of the caret"],
  ["Enter", "change between the hex and the text side"],
  ["Delete", "write zeros over the selection"],
  ["Ctrl+Z, Ctrl+Y", "undo, redo"],
  ["Ctrl+C, Ctrl+V", "copy the selection, paste over it"],
  ["Ctrl+G, Ctrl+F", "go to an offset, find"],
  ["F3, Shift+F3", "next match, the one before"],
  ["Escape", "drop what was begun"],
];

/** Returns whether the key was handled. */
export function handleKey(event: KeyboardEvent, model: Model, actions: Actions): boolean {
  if (event.isComposing || event.altKey) {
    return false;
  }
  const control = event.ctrlKey || event.metaKey;
  return control
    ? handleControl(event, model, actions)
    : handleMove(event, model) || handlePlain(event, model, actions);
}

function handleMove(event: KeyboardEvent, model: Model): boolean {
  const kind = MOVES[event.key];
  if (kind) {
    model.move(kind, event.shiftKey);
  }
  return kind !== undefined;
}

function handleControl(event: KeyboardEvent, model: Model, actions: Actions): boolean {
  switch (event.key.toLowerCase()) {
    case "home":
      model.move("first", event.shiftKey);
      return true;
    case "end":
      model.move("last", event.shiftKey);
      return true;
    case "a":
      model.select({ anchor: 0, head: model.size - 1 });
      return true;
    case "z":
      return event.shiftKey ? handled(model.redo()) : handled(model.undo());
    case "y":
      return handled(model.redo());
    case "g":
      return handled(actions.goTo());
    case "f":
      return handled(actions.find());
    case "c":
      return handled(actions.copy());
    default:
      return false;
  }
}

const handled = (_: void): boolean => true;

function handlePlain(event: KeyboardEvent, model: Model, actions: Actions): boolean {
  switch (event.key) {
    case "Enter":
      return handled(model.select(model.selection, model.side === "hex" ? "text" : "hex"));
    case "Escape":
      model.match = null;
      model.select({ anchor: model.selection.head, head: model.selection.head });
      return handled(model.dismiss());
    case "Delete":
      return handled(model.zeroSelection());
    case "Backspace":
      return handled(model.pending ? model.dismiss() : model.move("left", false));
    case "F3":
      return handled(actions.findNext(event.shiftKey));
    default:
      return typed(event.key, model);
  }
}

function typed(key: string, model: Model): boolean {
  if ([...key].length !== 1) {
    return false;
  }
  if (model.side === "text") {
    return handled(model.typeText(key));
  }
  if (/^[0-9a-f]$/i.test(key)) {
    model.typeDigit(parseInt(key, 16));
  }
  return true; // other letters do nothing, and must not be shortcuts of the browser or the page
}
