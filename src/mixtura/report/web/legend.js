// The clusters by name: colour, weight, and what sets each apart, in words. A click highlights one.

import { el, isolated, shareBar, swatch } from "./dom.js";
import { percent } from "./scales.js";

// Of every cluster, and of what is none.
export function legend(model) {
  return el("ul", { class: "clusters" }, ...model.names.map((name, j) => entry(model, name, j)));
}

function entry(model, name, j) {
  const words = j < model.characterizations.length && model.characterizations[j].length > 0
    ? el("span", { class: "words" }, ...inWords(model.characterizations[j])) : null;
  return el("li", { "data-cluster": j },
    highlightButton(j, swatch(j, model.markers[j]), el("span", { class: "name" }, capitalised(name)),
      shareBar(model.shares[j], j), el("span", { class: "number" }, percent(model.shares[j])), words));
}

export function highlightButton(j, ...content) {
  return el("button", { type: "button", "data-highlight": j, "aria-pressed": "false" }, ...content);
}

// Words of the page as they are, and names from the data set apart.
export function inWords(sentence) {
  return sentence.map((part) => (typeof part === "string" ? part : isolated(part.name)));
}

export function capitalised(text) {
  return text[0].toUpperCase() + text.slice(1);
}
