/** Which view the address names: #/sections, #/discover, #/daemon, #/section/ID/… */
import { useLayoutEffect, useState } from "preact/hooks";

export type Route =
  | { view: "sections" | "discover" | "daemon" }
  | { view: "section"; id: number };

export function parseRoute(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, "").split("/");
  if (view === "section" && /^\d+$/.test(id ?? "")) {
    return { view, id: Number(id) };
  }
  return { view: view === "discover" || view === "daemon" ? view : "sections" };
}

export function goTo(hash: string): void {
  location.hash = hash;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  // A layout effect: a change of the address before a late effect would be missed.
  useLayoutEffect(() => {
    const update = () => setHash(location.hash);
    addEventListener("hashchange", update);
    return () => removeEventListener("hashchange", update);
  }, []);
  return parseRoute(hash);
}
