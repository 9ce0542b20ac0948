import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import "./dialog.css";
import { Icon } from "./icon";
import { Problem } from "./problem";

interface DialogProps {
  title: string;
  /** The label of the button that confirms; without one there is nothing to confirm. */
  action?: string;
  danger?: boolean;
  busy?: boolean;
  error?: unknown;
  onSubmit?: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** A modal dialog: Escape closes it, Enter confirms it. */
export function Dialog({ title, action, danger, busy, error, onSubmit, onClose, children }:
    DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect: keys that are pressed as soon as the dialog shows have to reach its field.
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current!.showModal();
    const first = dialog.current!.querySelector<HTMLElement>("input, textarea, select");
    (first ?? dialog.current!.querySelector<HTMLElement>("button[type=submit]"))?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!busy) {
      onSubmit?.();
    }
  };
  return (
    <dialog ref={dialog} class="dialog fade-in" aria-labelledby={id} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="button button-quiet button-icon" onClick={onClose}
            aria-label="Close this dialog">
            <Icon name="close" />
          </button>
        </header>
        <div class="dialog-body">
          {children}
          <Problem of={error} />
        </div>
        {action && (
          <footer class="dialog-foot">
            <button type="button" class="button" onClick={onClose}>Cancel</button>
            <button type="submit" disabled={busy}
              class={`button ${danger ? "button-danger" : "button-primary"}`}>
              {action}
            </button>
          </footer>
        )}
      </form>
    </dialog>
  );
}
