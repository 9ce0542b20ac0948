/** The colour scheme: light, dark, or the system's; and the colours that result. */
import { Observable, Store } from "../base/store";

export type Theme = "system" | "light" | "dark";

const KEY = "sectiond-theme";
const ORDER: Theme[] = ["system", "light", "dark"];

function known(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export const theme = new Store<Theme>(known());

/** Tells when the colours of tokens.css have become others. */
export const colourScheme = new Observable();

function apply(): void {
  const chosen = theme.get();
  if (chosen === "system") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset["theme"] = chosen;
    localStorage.setItem(KEY, chosen);
  }
  colourScheme.tell();
}

export function startTheme(): void {
  apply();
  theme.follow(apply);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => colourScheme.tell());
}

export function nextTheme(): void {
  theme.set(ORDER[(ORDER.indexOf(theme.get()) + 1) % ORDER.length]!);
}

/** What a colour of tokens.css is now: a canvas knows neither var() nor light-dark(). */
export function colourOf(name: string, element: HTMLElement): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
