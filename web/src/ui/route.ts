/**
 * Which view the address names: #/sections, #/discover, #/daemon, #/section/PLACE/TAB. A PLACE is @NAME,
 * what has that name when the address is opened, or INSTANCE.ID: ids alone are other sections' after the
 * next start of the daemon, and a bookmark lives longer.
 */
import { useLayoutEffect, useState } from "preact/hooks";
import type { Held, Section } from "../api/api";

export type Route =
  | { view: "sections" | "discover" | "daemon" }
  | { view: "section"; place: string };

/** What a place means; without an instance nobody can tell. */
export type Place = { name: string } | { id: number; instance: string | null };

export function parseRoute(hash: string): Route {
  const [view, place = ""] = hash.replace(/^#\/?/, "").split("/");
  if (view === "section" && parsePlace(place) !== null) {
    return { view, place };
  }
  return { view: view === "discover" || view === "daemon" ? view : "sections" };
}

export function parsePlace(place: string): Place | null {
  const match = /^(?:([0-9a-f]{32})\.)?([0-9]{1,16})$/.exec(place);
  if (match) {
    return { id: Number(match[2]), instance: match[1] ?? null };
  }
  try {
    const name = decodeURIComponent(place.slice(1));
    return place.startsWith("@") && name !== "" ? { name } : null;
  } catch {
    return null; // a per cent sign that begins nothing
  }
}

/** The address of this section, by its number. */
export function addressOf({ id, instance }: Held): string {
  return `#/section/${instance}.${id}`;
}

type Named = Pick<Section, "id" | "instance" | "name" | "scope" | "orphaned">;

/** The address of whatever has the name of this section. */
export function addressOfName({ name, scope }: Pick<Section, "name" | "scope">): string {
  const prefix = scope === null || name!.includes("\\") ? "" : scope === "global" ? "Global\\" : "Local\\";
  return `#/section/@${encodeURIComponent(prefix + name)}`;
}

/** The address of a section that was just opened, so that its id is the newest of its name. */
export function addressOfNew(section: Named): string {
  return section.name !== null && !section.orphaned ? addressOfName(section) : addressOf(section);
}

/** The ids of those that are found by their names: of each name the newest that is not orphaned. */
export function reachedByName(sections: Named[]): Set<number> {
  const newest = new Map<string, number>();
  for (const section of sections) {
    if (section.name !== null && !section.orphaned) {
      const address = addressOfName(section);
      newest.set(address, Math.max(section.id, newest.get(address) ?? 0));
    }
  }
  return new Set(newest.values());
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
