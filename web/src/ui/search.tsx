import type { RefObject } from "preact";
import { Icon } from "./icon";
import "./search.css";

/** A field to search with; Escape empties and leaves it. */
export function SearchField({ field, label, placeholder = label, value, wide = false, onChange }: {
  field: RefObject<HTMLInputElement | null>; label: string; placeholder?: string; value: string;
  wide?: boolean; onChange: (value: string) => void;
}) {
  return (
    <label class={`search${wide ? " search-wide" : ""}`}>
      <Icon name="search" />
      <span class="sr-only">{label}</span>
      <input ref={field} class="input" type="search" placeholder={placeholder} value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            onChange("");
            event.currentTarget.blur();
          }
        }} />
    </label>
  );
}
