/** What several views need of Preact's hooks. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Unreachable } from "../api/api";
import { connectionCount } from "../api/connection";
import type { Observable, Store } from "../base/store";

/**
 * Draws the component again after each change of what it shows; with `delay_ms`, that much later and
 * once for all changes until then.
 */
export function useFollow(followed: Observable, delay_ms?: () => number): void {
  const [, draw] = useState(0);
  // In a layout effect: a change between the drawing and a late effect would not be shown.
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const redraw = () => {
      timer = undefined;
      draw((count) => count + 1);
    };
    const stop = followed.follow(() => {
      if (delay_ms === undefined) {
        redraw();
      } else {
        timer ??= setTimeout(redraw, delay_ms());
      }
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [followed]);
}

/** What `read` takes from something observed: the component is drawn again when that differs. */
export function useObserved<T>(followed: Observable, read: () => T): T {
  const [value, setValue] = useState(read);
  useEffect(() => {
    const update = () => setValue(read);
    update(); // it may have changed between the first drawing and now
    return followed.follow(update);
  }, [followed]);
  return value;
}

export function useStore<T>(store: Store<T>): T {
  return useObserved(store, () => store.get());
}

export interface Polled<T> {
  data: T | null;
  error: unknown;
  refresh: () => void;
}

/**
 * Asks now, every `interval_ms` while the page is visible, and at once when the connection is back.
 * The last answer stays until the next one. An unreachable daemon is no error here: the banner of
 * the page tells of it. Another `key` asks again.
 */
export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<T>, interval_ms: number, key: string = ""): Polled<T> {
  const [data, setData] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState(0);
  const connected = useStore(connectionCount);
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    const end = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      if (!document.hidden) {
        try {
          const answer = await latest.current(end.signal);
          if (!end.signal.aborted) {
            setData(() => answer);
            setError(null);
          }
        } catch (problem) {
          if (!end.signal.aborted && !(problem instanceof Unreachable)) {
            setError(problem);
          }
        }
      }
      if (!end.signal.aborted) {
        timer = setTimeout(round, interval_ms);
      }
    };
    void round();
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [interval_ms, key, asked, connected]);

  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  return { data, error, refresh };
}

/** Runs an action: whether it is under way, and the error of the last one that failed. */
export function useAction(): {
  busy: boolean;
  error: unknown;
  run: (action: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = useCallback(async (action: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await action();
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { busy, error, run, clear };
}

/** The time, every second, for texts that say how long ago something was. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Keys of a view, by name. They do nothing while a field has the focus or a dialog is open. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  // A layout effect: once the view is visible, a key may be pressed.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const types = target.closest("input, textarea, select, [contenteditable], [data-keys='own']");
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || types ||
          document.querySelector("dialog")) {
        return;
      }
      const action = latest.current[event.key];
      if (action) {
        event.preventDefault();
        action(event);
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
