/** Light, dark, or as the system is. */
import { makeStore } from "./store";

export type Theme = "system" | "light" | "dark";

const KEY = "sectiond-theme";
const ORDER: Theme[] = ["system", "light", "dark"];

function known(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export const theme = makeStore<Theme>(known());

function apply(): void {
  const chosen = theme.get();
  if (chosen === "system") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset["theme"] = chosen;
    localStorage.setItem(KEY, chosen);
  }
}

export function startTheme(): void {
  apply();
  theme.follow(apply);
}

export function nextTheme(): void {
  theme.set(ORDER[(ORDER.indexOf(theme.get()) + 1) % ORDER.length]!);
}
