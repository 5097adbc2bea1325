// The search: one line per covariance structure over the number of clusters.

import { el, isolated, outline, svg } from "./dom.js";
import { clip, frame, shortened, show } from "./frame.js";
import { counted, paddedDomain, percent, statistic, wholeNumber } from "./scales.js";

const DASHES = ["", "7 4", "2 4", "9 3 2 3", "14 4", "4 2"];
const NAMES = { cv: "Cross-validation", slope: "Slope heuristic" };

export function criterionName(criterion) {
  return NAMES[criterion] ?? criterion.toUpperCase();
}

// The criteria that say something here: not all can be had for every search.
export function criteriaOf({ candidates }) {
  return Object.keys(candidates[0].criteria)
    .filter((name) => candidates.some((candidate) => candidate.criteria[name] !== null));
}

// Draws the lines of one criterion; `whole` shows even the candidates that are far off.
export function drawCriterion(host, search, criterion, whole) {
  const lines = structureLines(search, criterion);
  const found = lines.flatMap((line) => line.points);
  if (found.length === 0) {
    host.replaceChildren(el("p", {}, `No candidate has a value of ${criterionName(criterion)}.`));
    host.removeAttribute("role");
    return;
  }
  const width = host.clientWidth;
  const ks = found.map((point) => point.k);
  const longest = Math.max(...lines.map((line) => line.structure.length));
  const room = Math.min(0.28 * width, 34 + 6.6 * longest);
  const drawn = frame({
    width, height: Math.round(Math.min(380, Math.max(280, width * 0.55))), right: room,
    x: {
      domain: paddedDomain(Math.min(...ks), Math.max(...ks), 0.03), label: "number of clusters",
      whole: true,
    },
    y: {
      domain: valueDomain(search, criterion, whole),
      label: `${criterionName(criterion)} (lower is better)`,
    },
  });
  const marks = svg("g", { "clip-path": "url(#criterion-clip)" });
  marks.append(clip("criterion-clip", drawn.inner), ...lines.map((line) => curve(line, drawn)));
  drawn.picture.append(marks, endLabels(lines, drawn, room), chosenMark(search, criterion, drawn));
  show(host, drawn.picture, criterionText(search, criterion));
}

// Where a few candidates are hopeless, the better half of all fills two thirds of the picture and
// the lines of the others leave it at the top.
export function nearDomain({ candidates, best }, criterion) {
  const values = candidates.map((candidate) => candidate.criteria[criterion])
    .filter((value) => value !== null).sort((a, b) => a - b);
  const [low, median] = [values[0], values[Math.floor((values.length - 1) / 2)]];
  const chosen = candidates[best]?.criteria[criterion] ?? low;
  return [low, Math.max(chosen, low + 1.5 * (median - low)), values[values.length - 1]];
}

export function hasFarCandidates(search, criterion) {
  const [low, near, high] = nearDomain(search, criterion);
  return near > low && high - low > 4 * (near - low);
}

function valueDomain(search, criterion, whole) {
  const [low, near, high] = nearDomain(search, criterion);
  const top = !whole && hasFarCandidates(search, criterion) ? near : high;
  return paddedDomain(low, top, 0.06);
}

// Candidates without a value are left out: the line joins the neighbours that have one.
export function structureLines({ candidates, best }, criterion) {
  const structures = [...new Set(candidates.map((candidate) => candidate.structure))];
  return structures.map((structure, s) => ({
    structure,
    dash: DASHES[s % DASHES.length],
    chosen: candidates[best]?.structure === structure,
    points: candidates
      .filter((c) => c.structure === structure && c.criteria[criterion] !== null)
      .map((c) => ({ k: c.n_components, value: c.criteria[criterion] }))
      .sort((a, b) => a.k - b.k),
  })).filter((line) => line.points.length > 0);
}

function curve({ points, dash, chosen, structure }, { x, y }) {
  const layer = svg("g", { class: chosen ? "curve chosen" : "curve" });
  const corners = points.map((point) => [x(point.k), y(point.value)]);
  layer.append(svg("path", { d: outline(corners, false), "stroke-dasharray": dash }));
  points.forEach((point, i) => {
    const [cx, cy] = corners[i];
    const told = svg("title", {}, `${structure}, ${point.k}: ${statistic(point.value)}`);
    layer.append(svg("circle", { cx, cy, r: 3 }, told));
  });
  return layer;
}

// Labels stand at the ends of the lines, moved apart where the ends are close; an arrow tells that
// a line has left the picture.
function endLabels(lines, { y, inner }, room) {
  const ends = lines.map((line) => {
    const last = line.points[line.points.length - 1];
    const at = y(last.value);
    const name = shortened(line.structure, room - 24);
    return { line, at: Math.max(inner.top, at), text: at < inner.top ? `${name} ↑` : name };
  }).sort((a, b) => a.at - b.at);
  ends.forEach((end, i) => {
    if (i > 0) end.at = Math.max(end.at, ends[i - 1].at + 16);
  });
  const excess = Math.max(0, ends[ends.length - 1].at - inner.bottom);
  const layer = svg("g", { class: "axis" });
  ends.forEach(({ line, at, text }) => {
    const place = { x: inner.right + 8, y: at + 4 - excess };
    layer.append(svg("text", { class: line.chosen ? "end chosen" : "end", ...place }, text));
  });
  return layer;
}

function chosenMark({ candidates, best }, criterion, { x, y }) {
  const chosen = candidates[best];
  const layer = svg("g");
  if (!chosen || chosen.criteria[criterion] === null) return layer;
  layer.append(svg("circle", {
    class: "chosen-ring", cx: x(chosen.n_components), cy: y(chosen.criteria[criterion]), r: 8,
  }));
  return layer;
}

function lowest(candidates, criterion) {
  const valued = candidates.filter((candidate) => candidate.criteria[criterion] !== null);
  return valued.reduce((best, c) => (best && best.criteria[criterion] <= c.criteria[criterion] ? best : c), null);
}

function described({ n_components: k, structure }) {
  return `${k} ${k === 1 ? "cluster" : "clusters"}, ${structure}`;
}

export function criterionText(search, criterion) {
  const { candidates } = search;
  const [chosen, least] = [candidates[search.best], lowest(candidates, criterion)];
  const used = criterionName(search.criterion);
  const shown = criterionName(criterion);
  const opening = chosen ? `The circle marks the model of this report: ${described(chosen)}, `
    + `chosen by ${used} among ${candidates.length} candidates. ` : "";
  if (!least) return opening.trim();
  if (least !== chosen) return `${opening}The lowest ${shown} belongs to ${described(least)}.`;
  return `${opening}It ${shown === used ? "has" : "also has"} the lowest ${shown}.`;
}

// How probable each number of clusters is, in a sentence; nothing where only one was tried.
export function probabilityText({ probabilities }) {
  if (probabilities.length < 2) return "";
  const told = [...probabilities].sort((a, b) => b[1] - a[1]).filter(([, p]) => p >= 0.005)
    .map(([k, p], i) => `${i > 0 ? `${k} with` : `${counted(k, "cluster")} with probability`} ${percent(p)}`);
  return ` Going by BIC, and if all models were equally probable before: ${told.join(", ")}.`;
}

export function criterionTable(search) {
  const criteria = criteriaOf(search);
  const head = [
    "Clusters", "Structure", ...criteria.map(criterionName), "Probability", "Log-likelihood",
    "Parameters", "Outcome",
  ];
  const body = el("tbody");
  const count = (number) => (number === null ? "–" : wholeNumber(number));
  search.candidates.forEach((c, i) => {
    const numbers = [
      ...criteria.map((name) => statistic(c.criteria[name])), percent(c.probability),
      statistic(c.log_likelihood), count(c.n_parameters),
    ];
    const status = i === search.best ? `chosen; ${c.status}` : c.status;
    body.append(el("tr", { class: i === search.best ? "chosen" : null },
      el("th", { scope: "row" }, wholeNumber(c.n_components)), el("td", {}, isolated(c.structure)),
      ...numbers.map((text) => el("td", { class: "number" }, text)), el("td", {}, status)));
  });
  const titles = el("tr", {}, ...head.map((text, i) => (
    el("th", { scope: "col", class: i > 1 && i < head.length - 1 ? "number" : null }, text))));
  return el("table", {}, el("thead", {}, titles), body);
}
