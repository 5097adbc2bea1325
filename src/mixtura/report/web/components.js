// The table of the clusters: weight, size, and what each makes of every column.

import { el, isolated, svg, swatch } from "./dom.js";
import { flagsOf } from "./flags.js";
import { highlightButton } from "./legend.js";
import { shownLevel } from "./levels.js";
import { linearScale, paddedDomain, share, wholeNumber } from "./scales.js";

// The columns at some places, or all of them, that which separates the clusters best first.
export function componentTable(model, columns, points, places = model.ranking) {
  const titles = el("tr", {},
    ...["Cluster", "Weight", model.sampled ? "Rows, sampled" : "Rows"].map((text) => el("th", { scope: "col" }, text)),
    ...places.map((c) => el("th", { scope: "col" }, isolated(columns[c].name), gapsNote(columns[c]))));
  const rows = model.weights.map((_, j) => (
    row(model, j, places.map((c) => cell(model, columns[c], points, c, j)))));
  const body = el("tbody", {}, ...rows, ...model.extras.map((_, i) => extraRow(model, i, places.length)));
  return el("table", { class: "components" }, el("thead", {}, titles), body);
}

// How many cells a column misses; nothing for most.
export function gapsNote({ missing }) {
  return missing > 0 ? el("span", { class: "gaps" }, ` ${wholeNumber(missing)} missing`) : null;
}

const PAPER = 480; // pixels that a printed page has for the columns of the table
const [CELL_LETTER, CELL_LEAST] = [6.4, 88]; // of a cell's text, and of its picture

// Places of columns that fit side by side on paper, where names may be broken between words.
export function paperBlocks(columns, model) {
  const blocks = [[]];
  let used = 0;
  model.ranking.forEach((c) => {
    const column = columns[c];
    const words = column.name.split(/\s+/);
    const cells = model.weights.map((_, j) => cellText(column, model.marginals[c], j).join(" "));
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

// What stands in a cell, and what stands behind it in a softer colour.
export function cellText(column, marginal, j) {
  if (marginal.kind === "shares") {
    const level = shownLevel(marginal, j);
    return [level.text, share(level.probability)];
  }
  const deviation = marginal.deviation[j]; // null: heavy tails have none that is finite
  return [column.formatMoment(marginal.mean[j]), `± ${deviation === null ? "∞" : column.formatMoment(deviation)}`];
}

const DIFFERENT = 0.1; // of the deviation: what is closer is the same for a reader

// Mean and deviation of a cluster's rows, where they are not those of the model.
export function rowsText({ marginals, rows }, column, c, j) {
  const [own, shown] = [rows.deviation[j][c], rows.mean[j][c]];
  const { kind, mean, deviation } = marginals[c];
  if (kind === "shares" || deviation[j] === null || own === null || shown === null) return "";
  const unit = Math.max(deviation[j], own);
  if (Math.max(Math.abs(own - deviation[j]), Math.abs(shown - mean[j])) <= DIFFERENT * unit) return "";
  return `rows ${column.formatMoment(shown)} ± ${column.formatMoment(own)}`;
}

// Whether the rows of some cluster differ from the model in some column.
export function hasOwnRows(model, columns) {
  return model.weights.some((_, j) => columns.some((column, c) => rowsText(model, column, c, j) !== ""));
}

function cell(model, column, points, c, j) {
  const marginal = model.marginals[c];
  const own = rowsText(model, column, c, j);
  const [first, rest] = cellText(column, marginal, j);
  const levels = marginal.kind === "shares";
  const mark = levels ? shareMark(marginal, j) : rangeMark(marginal, columnRange(marginal, points, c), j);
  return el("td", {},
    el("span", { class: "mean" }, levels ? isolated(first) : first), " ", el("span", { class: "deviation" }, rest),
    own === "" ? null : el("span", { class: "own" }, own), mark);
}

function row(model, j, cells) {
  const badges = flagsOf(model, j).flatMap((flag) => [" ", el("span", { class: "badge" }, flag)]);
  const label = el("th", { scope: "row" },
    highlightButton(j, swatch(j, model.markers[j]), ` ${model.labels[j]}`), ...badges);
  return el("tr", { "data-cluster": j }, label, el("td", { class: "number" }, share(model.weights[j])),
    el("td", { class: "number" }, wholeNumber(model.sizes[j])), ...cells);
}

// What is no cluster has a weight and rows, but no centre.
function extraRow(model, i, span) {
  const { name, weight, rows, told, marker } = model.extras[i];
  const j = model.weights.length + i;
  return el("tr", { "data-cluster": j },
    el("th", { scope: "row" }, highlightButton(j, swatch(j, marker), ` ${name}`)),
    el("td", { class: "number" }, share(weight)), el("td", { class: "number" }, wholeNumber(rows)),
    el("td", { class: "deviation", colspan: span }, told));
}

function columnRange({ mean, deviation }, points, c) {
  const ends = mean.flatMap((centre, j) => [centre - deviation[j], centre + deviation[j]]);
  const low = Math.min(points.minimum[c], ...ends);
  return paddedDomain(low, Math.max(points.maximum[c], ...ends), 0);
}

// Mean and one standard deviation to either side, on the column's own range.
function rangeMark({ mean, deviation }, range, j) {
  const x = linearScale(range, [5, 95]);
  const [from, to] = [mean[j] - deviation[j], mean[j] + deviation[j]];
  const spread = svg("line", { class: "spread", x1: x(from), x2: x(to), y1: 5, y2: 5 });
  const dot = svg("circle", { cx: x(mean[j]), cy: 5, r: 3.6 });
  spread.style.stroke = `var(--component-${j})`;
  dot.style.fill = `var(--component-${j})`;
  return rangeOf(spread, dot);
}

// The probability of the level that is named, of all.
function shareMark(marginal, j) {
  const width = 100 * shownLevel(marginal, j).probability;
  const bar = svg("rect", { x: 0, y: 2, width, height: 6, rx: 1.5 });
  bar.style.fill = `var(--component-${j})`;
  return rangeOf(bar);
}

function rangeOf(...marks) {
  const track = svg("line", { class: "track", x1: 0, x2: 100, y1: 5, y2: 5 });
  return svg("svg", { class: "range", viewBox: "0 0 100 10", "aria-hidden": "true" }, track, ...marks);
}
