// The search: one line per structure over the number of clusters, or one in all where a family has none.

import { el, isolated, markerPath, outline, svg } from "./dom.js";
import { clip, frame, shortened, show } from "./frame.js";
import { counted, paddedDomain, percent, statistic, wholeNumber } from "./scales.js";

// How far candidates came, in the order of the legend, and how they are marked.
const STANDINGS = {
  finished: { marker: "circle", r: 3.2, words: "made all their starts" },
  "left behind": { marker: "circle", r: 3.2, words: "left behind after a few starts, and could be lower" },
  "given up": { marker: "diamond", r: 3, words: "given up on the way, and could be lower" },
  collapsed: { marker: "cross", r: 3.6, words: "not considered, as a cluster collapsed" },
  spurious: { marker: "plus", r: 3.3, words: "not considered, as a cluster owes its likelihood to a few rows" },
  "left out": { words: "left out, as more clusters led nowhere: see the table" },
  failed: { words: "could not be fitted: see the table" },
};
const BEGUN = Object.keys(STANDINGS).filter((name) => STANDINGS[name].marker);
const UNSOUND = ["collapsed", "spurious"];
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
  const ks = search.candidates.filter(({ standing }) => BEGUN.includes(standing))
    .map((candidate) => candidate.n_components);
  const longest = Math.max(...lines.map((line) => line.structure.length));
  const room = longest > 0 ? Math.min(0.28 * width, 48 + 6.6 * longest) : 14;
  const drawn = frame({
    width, height: Math.round(Math.min(400, Math.max(300, width * 0.55))), right: room,
    x: {
      domain: paddedDomain(Math.min(...ks), Math.max(...ks), 0.03), label: "number of clusters",
      whole: true,
    },
    y: {
      domain: valueDomain(search, criterion, whole),
      label: `${criterionName(criterion)} (lower is better)`,
    },
  });
  const ends = lineEnds(lines, drawn, room);
  drawn.picture.append(
    clip("criterion-clip", drawn.inner),
    ...lines.map((line, i) => curve(line, drawn, ends[i], leftOutText(search, line.structure))).sort(chosenLast),
    crosses(search, criterion, drawn), chosenMark(search, criterion, drawn));
  show(host, drawn.picture, criterionText(search, criterion));
}

function chosenLast(a, b) {
  return a.classList.contains("chosen") - b.classList.contains("chosen");
}

// The marks in use, each with its meaning and the number of candidates that have it.
export function standings({ candidates }) {
  return Object.entries(STANDINGS)
    .map(([name, { words }]) => ({ name, words, count: candidates.filter((c) => c.standing === name).length }))
    .filter(({ count }) => count > 0);
}

export function standingLegend(search) {
  const told = standings(search);
  if (told.length === 1 && told[0].name === "finished") return null;
  return el("ul", { class: "legend" }, ...told.map(({ name, words, count }) => {
    const mark = svg("svg", { class: "swatch", viewBox: "-6 -6 12 12", "aria-hidden": "true" });
    if (STANDINGS[name].marker) mark.append(standingMark(name, [0, 0], 1.2));
    return el("li", {}, mark, ` ${wholeNumber(count)} ${words}`);
  }));
}

function standingMark(standing, [x, y], scale = 1) {
  const { marker, r } = STANDINGS[standing];
  return svg("path", {
    class: `mark ${standing.replace(" ", "-")}`, d: markerPath(marker, r * scale), transform: `translate(${x},${y})`,
  });
}

// The value of a collapsed candidate is that of the variance floor, that of a spurious one says how close
// together a few rows lie: they mean nothing beside others.
function isComparable({ standing }) {
  return BEGUN.includes(standing) && !UNSOUND.includes(standing);
}

// Where a few candidates are hopeless, the better half of all fills two thirds of the picture and
// the lines of the others leave it at the top.
export function nearDomain({ candidates, best }, criterion) {
  const values = candidates.filter((candidate, i) => i === best || isComparable(candidate))
    .map((candidate) => candidate.criteria[criterion])
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

function modelName(structure, k) {
  return structure === "" ? counted(k, "cluster") : `${structure}, ${k}`;
}

// Candidates without a value, or with one that means nothing, are left out: the line joins their
// neighbours.
export function structureLines({ candidates, best }, criterion) {
  const structures = [...new Set(candidates.map((candidate) => candidate.structure))];
  return structures.map((structure) => ({
    structure,
    chosen: candidates[best]?.structure === structure,
    points: candidates
      .filter((c) => c.structure === structure && c.criteria[criterion] !== null && isComparable(c))
      .map((c) => ({ k: c.n_components, value: c.criteria[criterion], standing: c.standing }))
      .sort((a, b) => a.k - b.k),
  })).filter((line) => line.points.length > 0);
}

function curve({ points, chosen, structure }, { x, y, inner }, { at, from, gone, text }, leftOut) {
  const corners = points.map((point) => [x(point.k), y(point.value)]);
  const marks = points.map((point, i) => {
    const mark = standingMark(point.standing, corners[i]);
    mark.dataset.tip = `${modelName(structure, point.k)}: ${statistic(point.value)} (${point.standing})`;
    return mark;
  });
  const inside = svg("g", { "clip-path": "url(#criterion-clip)" },
    svg("path", { d: outline(corners, false) }), ...marks);
  const way = gone ? [] : [[from[0] + 5, from[1]], [inner.right + 14, at], [inner.right + 20, at]];
  const leader = svg("path", { class: "leader", d: outline(way, false) });
  const label = svg("text", { class: "end", x: inner.right + 24, y: at + 4 }, text,
    leftOut === "" ? null : svg("title", {}, leftOut));
  const named = structure === "" ? [] : [leader, label];
  return svg("g", { class: chosen ? "curve chosen" : "curve" }, inside, ...named);
}

// Where the names of the lines stand, in the order of the lines: near their ends, but apart from each
// other. An arrow tells that a line has left the picture.
export function lineEnds(lines, { x, y, inner }, room) {
  const ends = lines.map((line) => {
    const last = line.points[line.points.length - 1];
    const height = y(last.value);
    const name = shortened(line.structure, room - 40);
    const from = [Math.min(x(last.k), inner.right), Math.max(inner.top, height)];
    const gone = height < inner.top - 6;
    return { from, gone, at: from[1], text: gone ? `${name} ↑` : name };
  });
  const sorted = [...ends].sort((a, b) => a.at - b.at);
  sorted.forEach((end, i) => {
    if (i > 0) end.at = Math.max(end.at, sorted[i - 1].at + 16);
  });
  let lowest = inner.bottom;
  [...sorted].reverse().forEach((end) => {
    end.at = Math.min(end.at, lowest);
    lowest = end.at - 16;
  });
  return ends;
}

// Candidates whose value means nothing, at the edge below which it may lie. Above lines end, too.
function crosses({ candidates, best }, criterion, { x, y, inner }) {
  const layer = svg("g", { class: "curve" });
  candidates.forEach((c, i) => {
    const value = c.criteria[criterion];
    if (!UNSOUND.includes(c.standing) || value === null || i === best) return;
    const at = Math.min(inner.bottom, y(value));
    if (at < inner.top - 6) return;
    const mark = standingMark(c.standing, [x(c.n_components), at]);
    mark.dataset.tip = `${modelName(c.structure, c.n_components)}: ${c.status}`;
    layer.append(mark);
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
  const valued = candidates.filter((c) => c.criteria[criterion] !== null && isComparable(c));
  return valued.reduce((best, c) => (best && best.criteria[criterion] <= c.criteria[criterion] ? best : c), null);
}

function described({ n_components: k, structure }) {
  return `${counted(k, "cluster")}${structure === "" ? "" : `, ${structure}`}`;
}

export function criterionText(search, criterion) {
  const { candidates } = search;
  const [chosen, least] = [candidates[search.best], lowest(candidates, criterion)];
  const used = criterionName(search.criterion);
  const compared = counted(candidates.filter((c) => c === chosen || isComparable(c)).length, "candidate");
  const shown = criterionName(criterion);
  const opening = chosen ? `The circle marks the model of this report: ${described(chosen)}, `
    + `chosen by ${used} among ${compared}${onSample(search)}. ` : "";
  if (!least) return opening.trim();
  if (least !== chosen) return `${opening}The lowest ${shown} belongs to ${described(least)}.`;
  return `${opening}It ${shown === used ? "has" : "also has"} the lowest ${shown}.`;
}

function onSample({ n_sample: n }) {
  return n ? ` on a sample of ${counted(n, "row")}; its figures above are those of all rows` : "";
}

// Places of the candidates: the chosen one, then the others by what chose it, then those that are not sound,
// those that failed, and those that were left out.
export function ranked({ candidates, best, criterion }) {
  const group = (i) => {
    if (i === best) return -1;
    return isComparable(candidates[i]) ? 0 : 1 + [...UNSOUND, "failed", "left out"].indexOf(candidates[i].standing);
  };
  const value = (i) => candidates[i].criteria[criterion] ?? Infinity;
  return candidates.map((_, i) => i)
    .sort((a, b) => group(a) - group(b) || (value(a) < value(b) ? -1 : Number(value(a) > value(b))));
}

// Candidates of one structure that were left out for the same reason, together; by their places.
export function leftOut({ candidates }) {
  const groups = new Map();
  candidates.forEach((c, i) => {
    if (c.standing !== "left out") return;
    const key = JSON.stringify([c.structure, c.status]);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

// '7 to 9', '8, 9' or '2, 4, 6'.
export function runOf(ks) {
  const run = ks.length > 2 && ks.every((k, i) => i === 0 || k === ks[i - 1] + 1);
  return run ? `${wholeNumber(ks[0])} to ${wholeNumber(ks.at(-1))}` : ks.map(wholeNumber).join(", ");
}

function numbers({ candidates }, places) {
  return runOf(places.map((i) => candidates[i].n_components).sort((a, b) => a - b));
}

// Why a line ends where it does, if candidates of its structure were left out.
export function leftOutText(search, structure) {
  return leftOut(search).filter(([i]) => search.candidates[i].structure === structure)
    .map((places) => `${numbers(search, places)} clusters ${search.candidates[places[0]].status}`).join("\n");
}

// The reason alone, where it stands beside 'left out'.
function reason(status) {
  return status.replace(/^left out: /, "");
}

export function criterionTable(search) {
  const criteria = criteriaOf(search);
  const structured = search.candidates.some(({ structure }) => structure !== "");
  const [first, last] = [structured ? 3 : 2, 1]; // columns of words at the ends
  const head = [
    "Clusters", ...(structured ? ["Structure"] : []), "Outcome", ...criteria.map(criterionName),
    ...(search.limit ? [] : ["Probability"]), "Log-likelihood", "Parameters", "How its best start ended",
  ];
  const body = el("tbody");
  const count = (number) => (number === null ? "–" : wholeNumber(number));
  const opening = (c, ks, outcome) => [
    el("th", { scope: "row" }, ks), structured ? el("td", {}, isolated(c.structure)) : null, el("td", {}, outcome)];
  ranked(search).forEach((i) => {
    const c = search.candidates[i];
    if (c.standing === "left out") return;
    const figures = [
      ...criteria.map((name) => statistic(c.criteria[name])), ...(search.limit ? [] : [percent(c.probability)]),
      statistic(c.log_likelihood), count(c.n_parameters),
    ];
    body.append(el("tr", { class: i === search.best ? "chosen" : c.standing.replace(" ", "-") },
      ...opening(c, wholeNumber(c.n_components), i === search.best ? "chosen" : c.standing),
      ...figures.map((text) => el("td", { class: "number" }, text)), el("td", {}, c.status)));
  });
  leftOut(search).forEach((places) => {
    const c = search.candidates[places[0]];
    const rest = { colspan: head.length - first };
    body.append(el("tr", { class: "left-out" }, ...opening(c, numbers(search, places), "left out"),
      el("td", rest, reason(c.status))));
  });
  const titles = el("tr", {}, ...head.map((text, i) => (
    el("th", { scope: "col", class: i >= first && i < head.length - last ? "number" : null }, text))));
  return el("table", {}, el("thead", {}, titles), body);
}
