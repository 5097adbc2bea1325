// One column: a histogram whose bars have the mixed colour of their rows, what each component contributes,
// the sum, and the rows themselves as marks below.

import { domainOf, RING } from "./plane.js";

const PLACES = 321; // at which curves are computed
const STRIP = 0.2; // of the height, for the rows
const GOLDEN = 0.6180339887498949;

export function lineAxes(session, column, names) {
  const { across } = session.view;
  const values = column(across);
  const domain = domainOf(values);
  const bins = binsOf(values, domain);
  const top = 1.35 * bins.reduce((most, { height }) => Math.max(most, height), 0);
  const text = (value) => (value < -1e-9 * top ? "" : String(Number(value.toPrecision(3))));
  return {
    x: { domain, label: names[across] },
    y: { domain: [(-STRIP * top) / (1 - STRIP), top], label: "density", text },
  };
}

// Bars as densities, about as many as the root of the rows tells.
function binsOf(values, [low, high]) {
  const count = Math.min(60, Math.max(16, Math.ceil(1.5 * Math.sqrt(values.length))));
  const width = (high - low) / count;
  const inside = Array.from({ length: count }, () => []);
  values.forEach((value, i) => inside[Math.min(count - 1, Math.floor((value - low) / width))].push(i));
  return inside.map((rows, b) => (
    { low: low + b * width, high: low + (b + 1) * width, inside: rows, height: rows.length / values.length / width }));
}

export function lineScene(session, drawn) {
  const [column] = session.viewed();
  const { x, y, inner, xOf, slopes } = drawn;
  const values = session.column(column);
  const bins = binsOf(values, [xOf(inner.left), xOf(inner.right)]);
  const places = Float64Array.from({ length: PLACES }, (_, i) => (
    xOf(inner.left + ((inner.right - inner.left) * i) / (PLACES - 1))));
  const across = Array.from(places, x);
  const density = (j) => session.engine.componentDensity(j, places, PLACES, [column]);
  const components = () => {
    const { weights, means, covariances } = session.engine.marginal([column]);
    return Array.from(weights, (weight, j) => {
      const deviation = Math.sqrt(covariances[j]);
      const top = weight / (deviation * Math.sqrt(2 * Math.PI));
      return {
        weight, deviation, mean: [x(means[j]), Math.max(inner.top + 12, y(top))],
        side: Math.max(inner.top + 12, y(top * Math.exp(-0.5))), axes: [[deviation * slopes[0], 0]],
      };
    });
  };
  return {
    components, floor: y(0),
    dots: { xs: values.map(x), ys: values.map((_, i) => strip(i, y(0) + 8, inner.bottom - 5)) },
    paint(pen, theme, layers, colours) {
      paintBars(pen, bins, colours, { x, y });
      const curves = components().map((_, j) => Array.from(density(j), y));
      curves.forEach((heights, j) => paintCurve(pen, theme, across, heights, theme.colours[j], 2.4));
      if (curves.length > 1) paintSum(pen, theme, across, curves, y(0));
      if (layers.rings) components().forEach((component, j) => paintReach(pen, component, theme.colours[j], y(0) + 6 + 4 * j));
      pen.strokeStyle = theme.rule;
      pen.lineWidth = 1;
      pen.strokeRect(inner.left, y(0), inner.right - inner.left, 0);
    },
    handlesOf: ({ mean, axes, side }) => [[mean[0] + axes[0][0], side]],
    // A deviation has no turn: how far the end is across counts.
    pulled: ([[deviation]], _, [across]) => [[Math.max(2, Math.abs(across)) / Math.abs(deviation)]],
    modePlace: (place) => [x(place[column]), y(session.engine.density(Float64Array.of(place[column]), 1, [column])[0])],
  };
}

// Marks are strewn over the strip, always in the same way (an additive sequence).
function strip(i, top, bottom) {
  return top + (((i + 1) * GOLDEN) % 1) * (bottom - top);
}

function paintBars(pen, bins, colours, { x, y }) {
  bins.forEach(({ low, high, inside, height }) => {
    if (inside.length === 0) return;
    const channel = (shift) => inside.reduce((sum, i) => sum + ((colours[i] >> shift) & 255), 0) / inside.length;
    pen.fillStyle = `rgb(${channel(0)} ${channel(8)} ${channel(16)} / 38%)`;
    pen.fillRect(x(low) + 0.5, y(height), Math.max(1, x(high) - x(low) - 1), y(0) - y(height));
  });
}

function paintCurve(pen, theme, across, heights, colour, width, dash = []) {
  const trace = (style, thick) => {
    pen.beginPath();
    across.forEach((at, i) => pen.lineTo(at, heights[i]));
    pen.strokeStyle = style;
    pen.lineWidth = thick;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  };
  if (dash.length === 0) trace(theme.paper, width + 1.6);
  trace(colour, width);
}

// Heights are pixels above the floor, and add up.
function paintSum(pen, theme, across, curves, floor) {
  const heights = across.map((_, i) => floor - curves.reduce((sum, each) => sum + (floor - each[i]), 0));
  paintCurve(pen, theme, across, heights, theme.ink, 1.6, [2, 3]);
}

// How far 2.5 standard deviations reach.
function paintReach(pen, { mean, axes }, colour, at) {
  const [left, right] = [-1, 1].map((side) => mean[0] + side * RING * axes[0][0]);
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  [left, right].forEach((end) => {
    pen.moveTo(end, at - 4);
    pen.lineTo(end, at + 4);
  });
  pen.moveTo(left, at);
  pen.lineTo(right, at);
  pen.stroke();
}
