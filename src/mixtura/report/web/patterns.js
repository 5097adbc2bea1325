// The commonest rows of a table of levels: what they say, how many say the same, and the clusters that
// they may belong to.

import { el, isolated, swatch } from "./dom.js";
import { hasNamedLevels } from "./levels.js";
import { largestIndex } from "./points.js";
import { percent, probability, wholeNumber } from "./scales.js";

const MOST_COLUMNS = 12; // beyond these hardly two rows are the same
const PATTERNS = 10;

// Rows with the same levels, the most frequent first: {row, count}, of those that are no single ones.
export function commonest(points) {
  const found = new Map();
  for (let i = 0; i < points.n; i += 1) {
    const key = points.minimum.map((_, c) => Math.round(points.value(i, c))).join(" ");
    const pattern = found.get(key) ?? { row: i, count: 0 };
    pattern.count += 1;
    found.set(key, pattern);
  }
  return [...found.values()].filter(({ count }) => count > 1)
    .sort((a, b) => b.count - a.count).slice(0, PATTERNS);
}

export function hasPatterns(columns, points) {
  const levels = columns.every(({ kind }) => kind === "shares");
  return levels && columns.length > 1 && columns.length <= MOST_COLUMNS && commonest(points).length > 1;
}

export function patternTable(model, columns, points) {
  const body = el("tbody", {}, ...commonest(points).map(({ row, count }) => {
    const shares = points.shares(row);
    const first = largestIndex(shares);
    return el("tr", { "data-cluster": first },
      el("td", { class: "number" }, wholeNumber(count)),
      el("td", {}, swatch(first, model.markers[first]), ` ${model.labels[first]} `,
        el("span", { class: "deviation" }, probability(shares[first], shares.length))),
      el("td", { class: "mixed" }, mixBar(shares)),
      el("td", { class: "says" }, ...says(columns, model, (c) => points.value(row, c))));
  }));
  const heads = [
    el("th", { scope: "col", class: "number" }, "Rows"), el("th", { scope: "col" }, "Cluster"),
    el("th", { scope: "col", class: "mixed" }, "Probabilities"), el("th", { scope: "col" }, "What they say"),
  ];
  return el("table", { class: "patterns" }, el("thead", {}, el("tr", {}, ...heads)), body);
}

// Every column with its level; of columns of zeros and ones the names of those that are 1 or missing.
export function saying(columns, marginals, value) {
  const parts = columns.map(({ name, format }, c) => {
    if (hasNamedLevels(marginals[c]) || Number.isNaN(value(c))) return [name, format(value(c))];
    return Math.round(value(c)) === 1 ? [name] : null;
  }).filter((part) => part !== null);
  return parts.length > 0 ? parts : [["all 0"]];
}

function says(columns, { marginals }, value) {
  return saying(columns, marginals, value).flatMap(([name, level], i) => [
    i > 0 ? ", " : "",
    ...(level === undefined ? [isolated(name)]
      : [el("span", { class: "deviation" }, isolated(name), " "), isolated(level)]),
  ]);
}

function mixBar(shares) {
  const bar = el("div", { class: "mix", "aria-hidden": "true" });
  shares.forEach((share, j) => {
    if (share < 0.01) return;
    const part = el("span");
    part.style.flexGrow = String(share);
    part.style.background = `var(--component-${j})`;
    bar.append(part);
  });
  return bar;
}

export function patternText(points) {
  const patterns = commonest(points);
  const rows = patterns.reduce((sum, { count }) => sum + count, 0);
  return `${percent(rows / points.n)} of the rows are like one of these ${patterns.length}.`;
}
