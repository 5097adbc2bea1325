// One single column: a histogram whose bars take the mixed colour of their rows, with the weighted
// density of every component and their sum on top, all in rows per bar.

import { mixedColour, oklabFromHex } from "./colour.js";
import { outline, svg } from "./dom.js";
import { clip, frame } from "./frame.js";
import { density, densityGrid, deviation, histogramBins } from "./gaussian.js";
import { paddedDomain, wholeNumber } from "./scales.js";
import { flagsOf } from "./flags.js";
import { centreLabels } from "./scatter.js";

export function histogram({ plot, points, columns, model }) {
  const domain = paddedDomain(points.minimum[0], points.maximum[0], 0.04);
  const ends = points.maximum[0] > points.minimum[0]
    ? [points.minimum[0], points.maximum[0]] : domain;
  const bins = histogramBins(points.column(0), ends);
  const shares = bins.map((bin) => meanShares(bin.inside, points));
  const curves = componentCurves(model, domain, points.n * (bins[0].high - bins[0].low));
  const order = bins.map((_, b) => b);
  let bars = [];

  function draw(theme) {
    const width = plot.clientWidth;
    const height = Math.round(Math.min(480, Math.max(280, width * 0.6)));
    const top = highest(bins, curves);
    const drawn = frame({
      width, height,
      x: { domain, label: columns[0].name },
      y: { domain: [0, top], label: "rows per bar", whole: true },
    });
    const oklabs = theme.colours.map(oklabFromHex);
    bars = bins.map((bin, b) => bar(bin, mixedColour(oklabs, shares[b]), drawn));
    drawn.picture.append(...bars, lines(curves, drawn), labels(model, curves, drawn));
    plot.replaceChildren(drawn.picture);
  }

  const marks = {
    count: () => bins.length,
    orders: () => ({ across: order, up: order }),
    nearest: (x, y, reach) => bars.findIndex((mark) => {
      const left = Number(mark.getAttribute("x"));
      const roof = Number(mark.getAttribute("y")) - reach;
      return x >= left && x < left + Number(mark.getAttribute("width")) + 1 && y >= roof;
    }),
    highlight: (b) => bars.forEach((mark, i) => mark.classList.toggle("lit", i === b)),
    describe: (b) => describe(bins[b], shares[b], columns[0]),
  };
  return { draw, marks };
}

function describe(bin, shares, column) {
  const title = `${column.format(bin.low)} to ${column.format(bin.high)}`;
  const count = bin.inside.length;
  return { title, values: [["rows", wholeNumber(count)]], shares: count > 0 ? shares : [] };
}

function meanShares(inside, points) {
  const sums = new Array(points.k).fill(0);
  inside.forEach((i) => points.shares(i).forEach((share, j) => { sums[j] += share; }));
  return sums.map((sum) => sum / Math.max(1, inside.length));
}

function componentCurves(model, domain, scale) {
  const centres = model.means.map(([mean]) => mean);
  const narrowest = (domain[1] - domain[0]) * 1e-6; // a variance of zero has no curve to draw
  const deviations = centres.map((_, j) => Math.max(narrowest, deviation(model, j, 0)));
  const xs = densityGrid(domain, centres, deviations);
  const each = centres.map((mean, j) => (
    xs.map((x) => scale * model.weights[j] * density(x, mean, deviations[j]))));
  if (model.noise) each.push(xs.map(() => scale * model.noise.weight * model.noise.density));
  const sum = xs.map((_, i) => each.reduce((total, ys) => total + ys[i], 0));
  return { xs, each, sum, whole: !model.others };
}

// A very narrow component's peak may leave the picture rather than flatten everything else.
function highest(bins, { sum }) {
  const tallest = Math.max(...bins.map((bin) => bin.inside.length), 1);
  return 1.12 * Math.max(tallest, Math.min(1.6 * tallest, Math.max(...sum)));
}

function bar(bin, fill, { x, y, inner }) {
  const left = x(bin.low);
  const width = Math.max(1, x(bin.high) - left - 1);
  const roof = y(bin.inside.length);
  return svg("rect", { class: "bar", x: left, y: roof, width, height: inner.bottom - roof, fill });
}

function lines({ xs, each, sum, whole }, { x, y, inner }) {
  const layer = svg("g", { "clip-path": "url(#histogram-clip)" }, clip("histogram-clip", inner));
  const path = (ys) => outline(xs.map((at, i) => [x(at), y(ys[i])]), false);
  each.forEach((ys, j) => {
    const line = svg("path", { class: "density", d: path(ys) });
    line.style.stroke = `var(--component-${j})`;
    layer.append(svg("path", { class: "casing", d: path(ys) }), line);
  });
  if (whole && each.length > 1) layer.append(svg("path", { class: "density-sum", d: path(sum) }));
  return layer;
}

function labels(model, { each }, { x, y, inner }) {
  const peaks = model.means.map(([mean], j) => (
    [x(mean), Math.max(inner.top + 8, y(Math.max(...each[j])) - 14)]));
  return centreLabels(peaks, inner, (j) => flagsOf(model, j).length > 0);
}
