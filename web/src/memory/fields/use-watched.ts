import { useEffect } from "preact/hooks";
import type { Fields } from "../source/fields";

/** Watches the fields that a view shows, by their paths, or all, while it is there. */
export function useWatched(fields: Fields, paths: readonly string[] | null): void {
  useEffect(() => fields.watch(paths), [fields, paths === null ? null : paths.join("\n")]);
}
