// Colours of the page as numbers that a canvas can use; the names are those of the style sheet.

import { componentColours, inkOn } from "../../report/web/colour.js";

const HUES = 9;

export function watchTheme(changed) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => changed(readTheme(dark.matches)));
  return readTheme(dark.matches);
}

function readTheme(dark) {
  const style = document.documentElement.style;
  const colours = componentColours(HUES, dark);
  colours.forEach((colour, j) => {
    style.setProperty(`--component-${j}`, colour);
    style.setProperty(`--on-component-${j}`, inkOn(colour));
  });
  const computed = getComputedStyle(document.documentElement);
  const named = ["paper", "ink", "soft", "rule", "faint", "unassigned"]
    .map((name) => [name, computed.getPropertyValue(`--${name}`).trim()]);
  return { colours, ...Object.fromEntries(named) };
}
