// Light or dark: as the person chose, else as the system says.
import { applyMode, Mode } from "@cloudscape-design/global-styles";

const KEY = "berth.colours";
const system = matchMedia("(prefers-color-scheme: dark)");

export type Colours = "system" | "light" | "dark";

export function chosenColours(): Colours {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function chooseColours(colours: Colours) {
  localStorage.setItem(KEY, colours);
  applyColours();
}

/** Applies the choice, now and whenever the system's changes. */
export function applyColours() {
  const chosen = chosenColours();
  const dark = chosen === "system" ? system.matches : chosen === "dark";
  applyMode(dark ? Mode.Dark : Mode.Light);
}

system.addEventListener("change", applyColours);
