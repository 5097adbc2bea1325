// Profiles of the clusters side by side: a bar for every level of a column and every cluster, the columns
// that separate the clusters best first. It is a table, and so can be read without seeing its bars.

import { gapsNote } from "./components.js";
import { el, isolated, shareBar, swatch } from "./dom.js";
import { highlightButton } from "./legend.js";
import { hasNamedLevels, isBinary } from "./levels.js";
import { percent, share } from "./scales.js";

const COLUMNS = 12; // shown at first
const CLUSTERS = 12; // side by side: the heaviest

// Places of the columns of levels, that which separates the clusters best first.
export function levelPlaces({ marginals, ranking }) {
  return ranking.filter((c) => marginals[c].kind === "shares");
}

export function shownClusters({ weights }) {
  const byWeight = weights.map((_, j) => j).sort((a, b) => weights[b] - weights[a]);
  return byWeight.slice(0, CLUSTERS).sort((a, b) => a - b);
}

export function hasMoreProfiles(model) {
  return levelPlaces(model).length > COLUMNS;
}

export function shownPlaces(model, whole) {
  return whole ? levelPlaces(model) : levelPlaces(model).slice(0, COLUMNS);
}

// Of the columns at some places. `told` gives the text of a bar, which by default is its share.
export function profileTable(model, columns, places, told = null) {
  const clusters = shownClusters(model);
  const heads = clusters.map((j) => el("th", { scope: "col", "data-cluster": j }, el("div", { class: "profile" },
    highlightButton(j, swatch(j, model.markers[j]), ` ${model.labels[j]}`),
    el("span", { class: "deviation" }, percent(model.weights[j])))));
  const head = el("thead", {}, el("tr", {}, el("td"), ...heads));
  const table = el("table", { class: "profiles" }, el("colgroup", {}, el("col")), head,
    ...places.map((c) => columnProfile(model, columns[c], model.marginals[c], clusters,
      (l, j) => (told ? told(c, l, j) : percent(model.marginals[c].probabilities[j][l])))));
  table.style.setProperty("--clusters", String(clusters.length));
  return table;
}

function columnProfile({ names }, column, marginal, clusters, told) {
  if (isBinary(marginal)) {
    const level = hasNamedLevels(marginal) ? [": ", isolated(marginal.levels[1])] : [];
    const label = el("th", { scope: "row" }, isolated(column.name), ...level, gapsNote(column));
    return el("tbody", { class: "binary" }, levelRow(label, marginal, 1, clusters, names, told));
  }
  const head = { scope: "rowgroup", colspan: clusters.length + 1 };
  const title = el("tr", {}, el("th", head, isolated(column.name), gapsNote(column)));
  return el("tbody", {}, title, ...marginal.levels.map((level, l) => (
    levelRow(el("th", { scope: "row" }, isolated(level)), marginal, l, clusters, names, told))));
}

function levelRow(label, { levels, probabilities }, l, clusters, names, told) {
  return el("tr", {}, label, ...clusters.map((j) => {
    const probability = probabilities[j][l];
    return el("td", { title: `${levels[l]} in ${names[j]}: ${share(probability)}`, "data-cluster": j },
      el("div", { class: "profile" }, shareBar(probability, j), el("span", { class: "number" }, told(l, j))));
  }));
}

// What the table leaves out, in words; nothing where it is complete.
export function profileText(model, whole) {
  const [clusters, columns] = [shownClusters(model).length, levelPlaces(model).length];
  const left = [
    !whole && columns > COLUMNS ? `The first ${COLUMNS} of ${columns} columns are shown.` : "",
    clusters < model.n_components ? `The ${clusters} heaviest of ${model.n_components} clusters are shown.` : "",
  ];
  return left.filter((text) => text !== "").join(" ");
}
