// Two columns of the drawn rows: points on a canvas, between an SVG with the axes below it and one
// with the ellipses above it. Rows with the same counts are strewn around their place. Rows that miss one of
// the two values are lines in a margin, at their place along the other; those that miss both are not drawn.

import { ellipse, pairOf } from "./bell.js";
import { mixedColour, oklabFromHex } from "./colour.js";
import { el, markerPath, outline, svg } from "./dom.js";
import { flagsOf } from "./flags.js";
import { clip, frame } from "./frame.js";
import { apart } from "./labels.js";
import { largestIndex, shuffledOrder, strewn } from "./points.js";
import { paddedDomain } from "./scales.js";

const RADII = [1, 2]; // standard deviations of the drawn ellipses
const BESIDE = 3; // columns that the model does not know, told of a row

// `pair` are the places of the columns that are shown first, `beside` columns that the model does not know.
export function scatter({ plot, points, columns, model, pair: first, beside }) {
  const order = shuffledOrder(points.n);
  const shares = Array.from({ length: points.n }, (_, i) => points.shares(i));
  const likeliest = shares.map(largestIndex);
  const view = { across: first[0], up: first[1] };
  const canvas = el("canvas", { "aria-hidden": "true" });
  let ring = null;

  function draw(theme) {
    const pair = [view.across, view.up];
    const width = plot.clientWidth;
    const height = Math.round(Math.min(560, Math.max(270, width * 0.7)));
    const values = pair.map((c) => points.column(c));
    view.gaps = gapsOf(...values);
    const [x, y] = pair.map((c, axis) => ({
      domain: domain(points, model, c), label: columns[c].name, whole: columns[c].kind === "mass",
      gap: view.gaps[["across", "up"][axis]].length > 0,
    }));
    const drawn = frame({ width, height, x, y });
    [view.px, view.py] = pair.map((c, axis) => (
      (columns[c].kind === "mass" ? strewn(values[axis], axis) : values[axis]).map(axis === 0 ? drawn.x : drawn.y)));
    view.gaps.across.forEach((i) => { view.px[i] = drawn.gaps.x; });
    view.gaps.up.forEach((i) => { view.py[i] = drawn.gaps.y; });
    view.orders = { across: sortedBy(view.px, view.py), up: sortedBy(view.py, view.px).reverse() };
    paint(canvas, { width, height, theme, view, order, shares, likeliest, model });
    ring = svg("circle", { class: "ring", r: 9, visibility: "hidden" });
    const above = svg("svg", {
      class: "picture above", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true",
    });
    above.append(ellipses(model, pair, drawn), ring);
    plot.replaceChildren(drawn.picture, canvas, above);
  }

  const marks = {
    count: () => points.n,
    orders: () => view.orders,
    nearest: (x, y, reach) => nearest(view, x, y, reach),
    highlight(i) {
      const seen = i >= 0 && !view.gaps.both.includes(i);
      ring.setAttribute("visibility", seen ? "visible" : "hidden");
      if (!seen) return;
      ring.setAttribute("cx", view.px[i]);
      ring.setAttribute("cy", view.py[i]);
    },
    describe(i) {
      const told = [...new Set([view.across, view.up, ...model.ranking])];
      const values = told.map((c) => [columns[c].name, columns[c].format(points.value(i, c))]);
      const others = beside.map(({ name, level }) => [name, level(i) ?? "missing"]);
      const known = others.slice(0, BESIDE);
      return {
        title: points.name(i) || `Row ${points.row[i]}`,
        values: [
          ...(points.name(i) ? [["row", String(points.row[i])]] : []), ...values.slice(0, 2), ...known, ...values.slice(2)],
        shares: shares[i],
      };
    },
  };
  return { draw, marks, view };
}

// Room for the points and, within reason, for ellipses that reach further than they do.
function domain(points, model, column) {
  const beside = model.marginals[column].kind === "mass" ? 0.5 : 0; // strewn marks leave their place
  const [low, high] = [points.minimum[column] - beside, points.maximum[column] + beside];
  const most = 0.3 * (high - low);
  const { mean, deviation } = model.marginals[column];
  const ends = mean.map((centre, j) => [centre - 2 * deviation[j], centre + 2 * deviation[j]]);
  const lowest = Math.min(low, ...ends.map(([end]) => end));
  const highest = Math.max(high, ...ends.map(([, end]) => end));
  return paddedDomain(Math.max(low - most, lowest), Math.min(high + most, highest), 0.04);
}

// Rows that miss the value across alone, that up alone, and both.
export function gapsOf(across, up) {
  const rows = Array.from(across, (_, i) => i);
  const missing = [across, up].map((values) => rows.filter((i) => Number.isNaN(values[i])));
  const both = new Set(missing[0].filter((i) => Number.isNaN(up[i])));
  const [onlyAcross, onlyUp] = missing.map((those) => those.filter((i) => !both.has(i)));
  return { across: onlyAcross, up: onlyUp, both: [...both] };
}

// Of the rows that are drawn.
function sortedBy(first, second) {
  const order = Array.from(first, (_, i) => i).filter((i) => !Number.isNaN(first[i]));
  return order.sort((a, b) => first[a] - first[b] || second[a] - second[b]);
}

function nearest({ px, py }, x, y, reach) {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < px.length; i += 1) {
    const distance = (px[i] - x) ** 2 + (py[i] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

const DIMMED = 0.08; // what is left of a row that has no part in the highlighted cluster

// Fewer points can be larger and denser in ink than many.
function pointStyle(n) {
  if (n <= 600) return { radius: 3.8, alpha: 0.82 };
  if (n <= 4000) return { radius: 2.8, alpha: 0.65 };
  return { radius: 1.9, alpha: 0.45 };
}

function paint(canvas, { width, height, theme, view, order, shares, likeliest, model }) {
  const sharpness = theme.printing ? 4 : Math.max(1, window.devicePixelRatio);
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  const pen = canvas.getContext("2d");
  const { radius, alpha } = pointStyle(order.length);
  const oklabs = theme.colours.map(oklabFromHex);
  const paths = model.markers.map((marker) => new Path2D(markerPath(marker, radius)));
  const lines = [["across", [2.6 * radius, 1.6]], ["up", [1.6, 2.6 * radius]]].map(([axis, size]) => (
    [new Set(view.gaps[axis]), size]));
  const light = theme.highlighted;
  pen.globalAlpha = alpha;
  order.forEach((i) => {
    if (Number.isNaN(view.px[i])) return;
    if (light !== null) pen.globalAlpha = alpha * (DIMMED + (1 - DIMMED) * shares[i][light]);
    pen.setTransform(sharpness, 0, 0, sharpness, view.px[i] * sharpness, view.py[i] * sharpness);
    pen.fillStyle = mixedColour(oklabs, shares[i]);
    const line = lines.find(([rows]) => rows.has(i));
    if (line) pen.fillRect(...line[1].map((length) => -length / 2), ...line[1]);
    else pen.fill(paths[likeliest[i]]);
  });
}

function ellipses(model, pair, { x, y, inner }) {
  const layer = svg("g", { "clip-path": "url(#scatter-clip)" }, clip("scatter-clip", inner));
  const shapes = model.weights.map((_, j) => pairOf(model, j, pair));
  shapes.forEach(({ mean, spread }, j) => {
    RADII.forEach((radius) => {
      const corners = ellipse(mean, spread, radius).map(([u, v]) => [x(u), y(v)]);
      const path = outline(corners, true);
      const dashed = model.markers[j] === "circle" ? "" : " dashed";
      const line = svg("path", { class: `ellipse sigma-${radius}${dashed}`, d: path });
      line.style.stroke = `var(--component-${j})`;
      layer.append(svg("g", { "data-cluster": j }, svg("path", { class: "casing", d: path }), line));
    });
  });
  const centres = shapes.map(({ mean }) => [x(mean[0]), y(mean[1])]);
  return svg("g", {}, layer, centreLabels(centres, inner, (j) => flagsOf(model, j).length > 0));
}

// The numbers of the clusters at their centres. One that had to move off its own keeps a
// line to a dot there.
export function centreLabels(centres, inner, doubtful) {
  const r = centres.length > 12 ? 7.5 : 10.5;
  const visible = centres.map((_, j) => j).filter((j) => isInside(centres[j], inner));
  const places = apart(visible.map((j) => centres[j]), r, inner);
  const [lines, labels, dots] = [svg("g"), svg("g"), svg("g")];
  visible.forEach((j, i) => {
    const [[x1, y1], [x2, y2]] = [centres[j], places[i]];
    if (Math.hypot(x1 - x2, y1 - y2) > r) {
      const line = svg("line", { class: "leader", x1, y1, x2, y2 });
      const dot = svg("circle", { class: "true-centre", cx: x1, cy: y1, r: 3 });
      line.style.stroke = `var(--component-${j})`;
      dot.style.fill = `var(--component-${j})`;
      lines.append(svg("g", { "data-cluster": j }, line));
      dots.append(svg("g", { "data-cluster": j }, dot));
    }
    labels.append(centreLabel(j, x2, y2, r, doubtful(j)));
  });
  return svg("g", {}, lines, labels, dots);
}

function isInside([x, y], { left, right, top, bottom }) {
  return x >= left && x <= right && y >= top && y <= bottom;
}

function centreLabel(component, cx, cy, r, doubtful) {
  const disc = svg("circle", { class: doubtful ? "centre doubtful" : "centre", cx, cy, r });
  disc.style.fill = `var(--component-${component})`;
  const label = {
    class: "centre-number", x: cx, y: cy + 0.4 * r, "font-size": 1.15 * r, "text-anchor": "middle",
  };
  const number = svg("text", label, String(component));
  number.style.fill = `var(--on-component-${component})`;
  return svg("g", { "data-cluster": component }, disc, number);
}
