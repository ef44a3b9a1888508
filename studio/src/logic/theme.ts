// Light, dark, or as the system has it; and the theme's colours for what is drawn on a canvas.

import { useEffect, useState } from "preact/hooks";

export type Theme = "system" | "light" | "dark";

const KEY = "studio.theme";
const CHANGED = "studio:theme";

export function keptTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function applyTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset["theme"] = theme;
  dispatchEvent(new Event(CHANGED));
}

/** A number that changes with the theme, for what must be drawn anew. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const change = () => setVersion((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", change);
    addEventListener(CHANGED, change);
    return () => {
      system.removeEventListener("change", change);
      removeEventListener(CHANGED, change);
    };
  }, []);
  return version;
}

/** Colours behind custom properties, as a canvas takes them. */
export function colours(names: readonly string[]): Map<string, string> {
  const probe = document.createElement("span");
  document.body.append(probe);
  const found = new Map<string, string>();
  for (const name of names) {
    probe.style.color = `var(${name})`;
    found.set(name, getComputedStyle(probe).color);
  }
  probe.remove();
  return found;
}
