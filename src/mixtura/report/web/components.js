// The table of the clusters: weight, size, and mean ± standard deviation of every column.

import { el, isolated, svg, swatch } from "./dom.js";
import { flagsOf } from "./flags.js";
import { deviation } from "./gaussian.js";
import { linearScale, paddedDomain, share, wholeNumber } from "./scales.js";

// All columns, or only those with the given places.
export function componentTable(model, columns, points, places = columns.map((_, c) => c)) {
  const titles = el("tr", {},
    ...["Cluster", "Weight", "Rows"].map((text) => el("th", { scope: "col" }, text)),
    ...places.map((c) => el("th", { scope: "col" }, isolated(columns[c].name))));
  const rows = model.means.map((_, j) => (
    row(model, j, places.map((c) => momentCell(model, columns[c], columnRange(model, points, c), c, j)))));
  const body = el("tbody", {}, ...rows, ...model.extras.map((_, i) => extraRow(model, i, places.length)));
  return el("table", { class: "components" }, el("thead", {}, titles), body);
}

const PAPER = 480; // pixels that a printed page has for the columns of the table
const [CELL_LETTER, CELL_LEAST] = [6.4, 88]; // of a cell's text, and of its picture

// Places of columns that fit side by side on paper, where names may be broken between words.
export function paperBlocks(columns, model) {
  const blocks = [[]];
  let used = 0;
  columns.forEach((column, c) => {
    const words = column.name.split(/\s+/);
    const cells = model.means.map((mean, j) => momentText(column, mean[c], deviation(model, j, c)));
    const letters = Math.min(40, Math.max(...[...words, ...cells].map((text) => text.length)));
    const width = Math.max(CELL_LEAST, CELL_LETTER * letters) + 14;
    if (used + width > PAPER && used > 0) {
      blocks.push([]);
      used = 0;
    }
    blocks[blocks.length - 1].push(c);
    used += width;
  });
  return blocks;
}

function momentText(column, mean, sd) {
  return `${column.formatMoment(mean)} ± ${column.formatMoment(sd)}`;
}

function momentCell(model, column, range, c, j) {
  const [mean, sd] = [model.means[j][c], deviation(model, j, c)];
  const [meanText, ...rest] = momentText(column, mean, sd).split(" ");
  return el("td", {},
    el("span", { class: "mean" }, meanText), " ", el("span", { class: "deviation" }, rest.join(" ")),
    rangeMark(mean, sd, range, j));
}

function row(model, j, cells) {
  const badges = flagsOf(model, j).flatMap((flag) => [" ", el("span", { class: "badge" }, flag)]);
  const label = el("th", { scope: "row" }, swatch(j, model.markers[j]), ` ${j}`, ...badges);
  return el("tr", {}, label, el("td", { class: "number" }, share(model.weights[j])),
    el("td", { class: "number" }, wholeNumber(model.sizes[j])), ...cells);
}

// What is no cluster has a weight and rows, but no centre.
function extraRow(model, i, span) {
  const { name, weight, rows, told, marker } = model.extras[i];
  return el("tr", {}, el("th", { scope: "row" }, swatch(model.weights.length + i, marker), ` ${name}`),
    el("td", { class: "number" }, share(weight)), el("td", { class: "number" }, wholeNumber(rows)),
    el("td", { class: "deviation", colspan: span }, told));
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
