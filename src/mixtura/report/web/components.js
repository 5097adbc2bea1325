// The table of the clusters: weight, size, and mean ± standard deviation of every column.

import { el, isolated, svg, swatch } from "./dom.js";
import { flagsOf } from "./flags.js";
import { deviation } from "./gaussian.js";
import { linearScale, paddedDomain, share, wholeNumber } from "./scales.js";

export function componentTable(model, columns, points) {
  const titles = el("tr", {},
    ...["Cluster", "Weight", "Rows"].map((text) => el("th", { scope: "col" }, text)),
    ...columns.map((column) => el("th", { scope: "col" }, isolated(column.name))));
  const ranges = columns.map((_, c) => columnRange(model, points, c));
  const rows = model.means.map((_, j) => row(model, columns, ranges, j));
  const body = el("tbody", {}, ...rows, model.noise ? noiseRow(model, columns) : null);
  return el("table", { class: "components" }, el("thead", {}, titles), body);
}

function row(model, columns, ranges, j) {
  const badges = flagsOf(model, j).flatMap((flag) => [" ", el("span", { class: "badge" }, flag)]);
  const label = el("th", { scope: "row" }, swatch(j, model.markers[j]), ` ${j}`, ...badges);
  const cells = columns.map((column, c) => {
    const [mean, sd] = [model.means[j][c], deviation(model, j, c)];
    return el("td", {},
      el("span", { class: "mean" }, column.formatMoment(mean)), " ",
      el("span", { class: "deviation" }, `± ${column.formatMoment(sd)}`),
      rangeMark(mean, sd, ranges[c], j));
  });
  return el("tr", {}, label, el("td", { class: "number" }, share(model.weights[j])),
    el("td", { class: "number" }, wholeNumber(model.sizes[j])), ...cells);
}

// Noise has a weight and rows, but no centre.
function noiseRow(model, columns) {
  const j = model.n_components;
  return el("tr", {}, el("th", { scope: "row" }, swatch(j, model.markers[j]), " noise"),
    el("td", { class: "number" }, share(model.noise.weight)),
    el("td", { class: "number" }, wholeNumber(model.noise_rows)),
    el("td", { class: "deviation", colspan: columns.length }, "spread evenly"));
}

function columnRange(model, points, c) {
  const ends = model.means.flatMap((mean, j) => {
    const sd = deviation(model, j, c);
    return [mean[c] - sd, mean[c] + sd];
  });
  const low = Math.min(points.minimum[c], ...ends);
  return paddedDomain(low, Math.max(points.maximum[c], ...ends), 0);
}

// Mean and one standard deviation to either side, on the column's own range.
function rangeMark(mean, sd, range, component) {
  const x = linearScale(range, [5, 95]);
  const mark = svg("svg", { class: "range", viewBox: "0 0 100 10", "aria-hidden": "true" });
  const line = { x1: x(mean - sd), x2: x(mean + sd), y1: 5, y2: 5 };
  const deviations = svg("line", { class: "spread", ...line });
  const dot = svg("circle", { cx: x(mean), cy: 5, r: 3.6 });
  deviations.style.stroke = `var(--component-${component})`;
  dot.style.fill = `var(--component-${component})`;
  mark.append(svg("line", { class: "track", x1: 0, x2: 100, y1: 5, y2: 5 }), deviations, dot);
  return mark;
}
