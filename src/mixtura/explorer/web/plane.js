// Two columns: rows as marks, components as ellipses, the density as contour lines.

import { paddedDomain } from "../../report/web/scales.js";
import { contour, contourLevels } from "./contours.js";
import { pull, screenAxes } from "./ellipse.js";

const GRID = [72, 54];
export const RING = 2.5; // standard deviations, of the notes' rule of membership

export function planeAxes(session, column, names) {
  const { across, up } = session.view;
  const axis = (c) => ({ domain: domainOf(column(c)), label: names[c] });
  return { x: axis(across), y: axis(up) };
}

export function domainOf(values) {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return paddedDomain(low, high, 0.09);
}

// `drawn` is the frame: scales x and y in pixels, and the inner rectangle.
export function planeScene(session, drawn) {
  const columns = session.viewed();
  const { x, y, slopes } = drawn;
  const grid = gridOf(drawn);
  const components = () => {
    const { weights, means, covariances } = session.engine.marginal(columns);
    return Array.from(weights, (weight, j) => {
      const [vxx, vxy, vyx, vyy] = covariances.subarray(4 * j, 4 * j + 4);
      return {
        weight, mean: [x(means[2 * j]), y(means[2 * j + 1])],
        axes: screenAxes([[vxx, vxy], [vyx, vyy]], slopes),
      };
    });
  };
  return {
    components,
    dots: { xs: session.column(columns[0]).map(x), ys: session.column(columns[1]).map(y) },
    paint(pen, theme, layers) {
      if (layers.hills) paintHills(pen, theme, session.engine.density(grid.points, grid.m, columns), grid);
      components().forEach((component, j) => paintEllipse(pen, theme, component, theme.colours[j], layers));
    },
    handlesOf: ({ mean, axes }) => axes.map(([u, v]) => [mean[0] + u, mean[1] + v]),
    // The map of the data that takes the end of one axis there, in pixels from the mean.
    pulled: (axes, which, end) => pull(axes, which, end, slopes),
    modePlace: (place) => [x(place[columns[0]]), y(place[columns[1]])],
  };
}

function gridOf({ inner, xOf, yOf }) {
  const [across, up] = GRID;
  const step = [(inner.right - inner.left) / (across - 1), (inner.bottom - inner.top) / (up - 1)];
  const points = new Float64Array(2 * across * up);
  for (let at = 0; at < across * up; at += 1) {
    points[2 * at] = xOf(inner.left + (at % across) * step[0]);
    points[2 * at + 1] = yOf(inner.top + Math.floor(at / across) * step[1]);
  }
  return { points, m: across * up, step, origin: [inner.left, inner.top] };
}

function paintHills(pen, theme, heights, { step, origin }) {
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1;
  contourLevels(heights).forEach((level, i, levels) => {
    pen.globalAlpha = 0.18 + (0.5 * i) / levels.length;
    pen.beginPath();
    const ends = contour(heights, ...GRID, level);
    for (let at = 0; at < ends.length; at += 4) {
      pen.moveTo(origin[0] + ends[at] * step[0], origin[1] + ends[at + 1] * step[1]);
      pen.lineTo(origin[0] + ends[at + 2] * step[0], origin[1] + ends[at + 3] * step[1]);
    }
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

function paintEllipse(pen, theme, { mean, axes: [long, short] }, colour, layers) {
  const [a, b, angle] = [Math.hypot(...long), Math.hypot(...short), Math.atan2(long[1], long[0])];
  const line = (radius, style, width, dash = []) => {
    pen.beginPath();
    pen.setLineDash(dash);
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.ellipse(mean[0], mean[1], radius * a, radius * b, angle, 0, 2 * Math.PI);
    pen.stroke();
  };
  pen.globalAlpha = 0.5;
  line(1, theme.paper, 4.4);
  pen.globalAlpha = 1;
  line(1, colour, 2.4);
  if (layers.rings) line(RING, colour, 1.4, [6, 4]);
  pen.setLineDash([]);
}
