// One column at a time: a histogram whose bars take the mixed colour of their rows, with what every
// cluster contributes and their sum on top, all in rows per bar. Rows that miss the value are left out.

import { bellHistogram } from "./bell.js";
import { mixedColour, oklabFromHex } from "./colour.js";
import { curveHistogram } from "./curve.js";
import { outline, svg } from "./dom.js";
import { flagsOf } from "./flags.js";
import { clip, frame } from "./frame.js";
import { massHistogram } from "./mass.js";
import { wholeNumber } from "./scales.js";
import { centreLabels } from "./scatter.js";

const SHAPES = { bell: bellHistogram, curve: curveHistogram, mass: massHistogram };

// `id` keeps apart what two histograms of a page define.
export function histogram({ plot, points, columns, model, place, id }) {
  const view = { place };
  let seen = { place: null };
  let bars = [];

  function look() {
    if (seen.place !== view.place) seen = lookAt(view.place, points, columns, model);
    return seen;
  }

  function draw(theme) {
    const { domain, bins, shares, curves } = look();
    const width = plot.clientWidth;
    const height = Math.round(Math.min(480, Math.max(280, width * 0.6)));
    const top = highest(bins, curves);
    const { name, kind } = columns[view.place];
    const drawn = frame({
      width, height,
      x: { domain, label: name, whole: kind === "mass" },
      y: { domain: [0, top], label: "rows per bar", whole: true },
    });
    const oklabs = theme.colours.map(oklabFromHex);
    bars = bins.map((bin, b) => bar(bin, bin.inside.length, mixedColour(oklabs, shares[b]), drawn));
    const light = theme.highlighted;
    const parts = light === null ? []
      : bins.map((bin, b) => bar(bin, bin.inside.length * shares[b][light], theme.colours[light], drawn));
    bars.forEach((mark) => mark.classList.toggle("dim", light !== null));
    drawn.picture.append(...bars, ...parts, lines(curves, drawn, `${id}-clip`), labels(model, curves, drawn));
    plot.replaceChildren(drawn.picture);
  }

  const marks = {
    count: () => look().bins.length,
    orders() {
      const order = look().bins.map((_, b) => b);
      return { across: order, up: order };
    },
    nearest: (x, y, reach) => bars.findIndex((mark) => {
      const left = Number(mark.getAttribute("x"));
      const roof = Number(mark.getAttribute("y")) - reach;
      return x >= left && x < left + Number(mark.getAttribute("width")) + 1 && y >= roof;
    }),
    highlight: (b) => bars.forEach((mark, i) => mark.classList.toggle("lit", i === b)),
    describe(b) {
      const { bins, shares } = look();
      const count = bins[b].inside.length;
      const values = [["rows", wholeNumber(count)]];
      return { title: bins[b].title, values, shares: count > 0 ? shares[b] : [] };
    },
  };
  return { draw, marks, view };
}

function lookAt(place, points, columns, model) {
  const marginal = model.marginals[place];
  const ends = [points.minimum[place], points.maximum[place]];
  const values = points.column(place);
  const rows = Array.from(values, (_, i) => i).filter((i) => !Number.isNaN(values[i]));
  const shape = SHAPES[marginal.kind](values.filter((x) => !Number.isNaN(x)), ends, marginal, columns[place].format);
  const shares = shape.bins.map((bin) => meanShares(bin.inside.map((i) => rows[i]), points));
  const alone = columns.length === 1;
  const curves = weighted(shape, model, points.n, observedShares(points, rows), alone);
  return { place, ...shape, shares, curves };
}

// How much of every cluster these rows hold: of all rows all of it.
function observedShares(points, rows) {
  const totals = (those) => meanShares(those, points).map((mean) => mean * those.length);
  if (rows.length === points.n) return new Array(points.k).fill(1);
  const whole = totals(Array.from({ length: points.n }, (_, i) => i));
  return totals(rows).map((part, j) => (whole[j] > 0 ? part / whole[j] : 1));
}

function meanShares(inside, points) {
  const sums = new Array(points.k).fill(0);
  inside.forEach((i) => points.shares(i).forEach((share, j) => { sums[j] += share; }));
  return sums.map((sum) => sum / Math.max(1, inside.length));
}

// In rows per bar, of the part of every cluster that is in the bars. The noise is known where it is spread
// over this column alone.
function weighted({ xs, each, width, peaks, dots }, { weights, noise, others }, n, parts, alone) {
  const scale = n * width;
  const own = each.map((ys, j) => ys.map((y) => scale * weights[j] * parts[j] * y));
  if (noise && alone) own.push(xs.map(() => scale * noise.weight * parts.at(-1) * noise.density));
  const sum = xs.map((_, i) => own.reduce((total, ys) => total + ys[i], 0));
  return { xs, each: own, sum, peaks, dots, whole: !others && (alone || !noise) };
}

// A very narrow cluster's peak may leave the picture rather than flatten everything else.
function highest(bins, { sum }) {
  const tallest = Math.max(...bins.map((bin) => bin.inside.length), 1);
  return 1.12 * Math.max(tallest, Math.min(1.6 * tallest, Math.max(...sum)));
}

function bar(bin, count, fill, { x, y, inner }) {
  const left = x(bin.low);
  const width = Math.max(1, x(bin.high) - left - 1);
  const roof = y(count);
  return svg("rect", { class: "bar", x: left, y: roof, width, height: inner.bottom - roof, fill });
}

function lines({ xs, each, sum, whole, dots }, { x, y, inner }, id) {
  const layer = svg("g", { "clip-path": `url(#${id})` }, clip(id, inner));
  const corners = (ys) => xs.map((at, i) => [x(at), y(ys[i])]);
  each.forEach((ys, j) => {
    const path = outline(corners(ys), false);
    const line = svg("path", { class: "density", d: path });
    line.style.stroke = `var(--component-${j})`;
    layer.append(svg("g", { "data-cluster": j }, svg("path", { class: "casing", d: path }), line,
      dots ? massDots(corners(ys), inner, j) : null));
  });
  if (whole && each.length > 1) {
    layer.append(svg("path", { class: "density-sum", d: outline(corners(sum), false) }));
  }
  return layer;
}

// What has next to no mass is not worth a dot.
function massDots(corners, { bottom }, component) {
  const dots = svg("g");
  dots.style.fill = `var(--component-${component})`;
  corners.filter(([, cy]) => bottom - cy > 1)
    .forEach(([cx, cy]) => dots.append(svg("circle", { class: "mass", cx, cy, r: 3.2 })));
  return dots;
}

function labels(model, { each, peaks }, { x, y, inner }) {
  const places = peaks.map((peak, j) => (
    [x(peak), Math.max(inner.top + 8, y(Math.max(...each[j])) - 14)]));
  return centreLabels(places, inner, (j) => flagsOf(model, j).length > 0);
}
