// Where the starts ended: the local optima found, by how far they stay below the best and by how many rows
// are in other clusters there. The larger the mark, the more starts ended there.

import { el, svg } from "./dom.js";
import { frame, show } from "./frame.js";
import { counted, fixed, paddedDomain, percent, scientific, statistic, wholeNumber } from "./scales.js";

const [SMALLEST, LARGEST] = [4, 15];
const LEAST_MOVED = 0.01; // a picture of less would show but rounding

export function drawStarts(host, starts) {
  const width = host.clientWidth;
  const marks = starts.optima.map(({ objective, times, moved }) => (
    { below: objective - starts.optima[0].objective, times, moved }));
  const { picture, x, y } = frame({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.6))),
    x: {
      domain: paddedDomain(Math.min(...marks.map(({ below }) => below)), 0, 0.1),
      label: "nats below the best",
    },
    y: {
      domain: paddedDomain(0, Math.max(LEAST_MOVED, ...marks.map(({ moved }) => moved)), 0.12),
      label: "rows in other clusters than under the best", text: percent,
    },
  });
  // The largest first, so that no mark is hidden.
  const layer = svg("g", { class: "optima" });
  [...marks.entries()].sort(([, a], [, b]) => b.times - a.times).forEach(([i, mark]) => {
    layer.append(svg("circle", {
      class: i === 0 ? "optimum chosen" : "optimum", cx: x(mark.below), cy: y(mark.moved), r: radius(mark.times),
      "data-tip": markText(mark),
    }));
  });
  picture.append(layer);
  show(host, picture, startsText(starts));
}

// Areas in proportion to the number of starts.
export function radius(times) {
  return Math.min(LARGEST, SMALLEST * Math.sqrt(times));
}

function markText({ below, times, moved }) {
  if (below === 0) return `${counted(times, "start")}: the best`;
  return `${counted(times, "start")}: ${nats(-below)} below the best, ${elsewhere(moved)}`;
}

function nats(value) {
  const text = value < 0.001 && value > 0 ? scientific(value, 1) : statistic(value);
  return `${text} nats`;
}

function elsewhere(moved) {
  return moved === 0 ? "with the same clusters" : `with ${percent(moved)} of the rows in other clusters`;
}

export function startsText({ made, found_best: best, failed, optima, caution }) {
  const others = optima.slice(1);
  const kinds = optima[0].ways.length > 1 ? `, of ${optima[0].ways.length} kinds (${optima[0].ways.join(", ")}),` : "";
  const opening = `${best} of ${made} starts${kinds} found the best optimum`;
  const unsound = failed > 0
    ? `${counted(failed, "start")} ended with a collapsed or spurious cluster and did not compete. ` : "";
  if (others.length === 0) return `${opening}, and no other was found. ${unsound}`.trim();
  const found = `${counted(others.length, "other")} ${others.length === 1 ? "was" : "were"} found. `;
  if (caution) return `${caution} In all ${found}${unsound}`.trim();
  const { objective, moved, agreement } = others[0];
  const apart = moved === null ? `; its clusters agree with the best ones to ${fixed(agreement, 2)} (1 is the same, `
    + "0 is chance)" : `, ${elsewhere(moved)}`;
  return `${opening}; ${found}The next best is ${nats(optima[0].objective - objective)} lower${apart}. ${unsound}`.trim();
}

export function startsTable({ optima }) {
  const head = ["Nats below", "Starts", "Rows elsewhere", "Kinds", "Rand index"];
  const titles = el("tr", {}, ...head.map((text) => (
    el("th", { scope: "col", class: text === "Kinds" ? null : "number" }, text))));
  const rows = optima.map(({ objective, times, agreement, moved, ways }, i) => {
    const below = optima[0].objective - objective;
    const number = (text) => el("td", { class: "number" }, text);
    return el("tr", { class: i === 0 ? "chosen" : null },
      el("th", { scope: "row", class: "number" }, i === 0 ? "the best" : nats(below).replace(" nats", "")),
      number(wholeNumber(times)), number(percent(moved)), el("td", { class: "kinds" }, ways.join(", ") || "–"),
      number(fixed(agreement, 2)));
  });
  return el("table", {}, el("thead", {}, titles), el("tbody", {}, ...rows));
}
