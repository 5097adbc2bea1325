// The picture: a frame with axes, the rows on one canvas, lines on another, and handles above them. What did
// not change is not drawn again.

import { el, svg } from "../../report/web/dom.js";
import { clip, frame } from "../../report/web/frame.js";
import { shuffledOrder } from "../../report/web/points.js";
import { rowColours } from "./blending.js";
import { lineAxes, lineScene } from "./line.js";
import { planeAxes, planeScene } from "./plane.js";
import { discMasks, stamp } from "./raster.js";

const NARROWEST_PICTURE = 240;

export function createPicture(session, host) {
  const picture = {
    host, drawn: null, scene: null, ring: svg("circle", { class: "ring", r: 9, visibility: "hidden" }),
    points: el("canvas", { "aria-hidden": "true" }), lines: el("canvas", { "aria-hidden": "true" }),
    above: svg("svg", { class: "above" }), back: null, colours: null,
  };
  return Object.assign(picture, {
    // Axes, scales and sizes; after it everything is drawn anew.
    layOut: (theme) => layOut(picture, session, theme),
    drawRows: (theme) => drawRows(picture, session, theme),
    drawLines: (theme, layers) => drawLines(picture, theme, layers),
    showFocus: () => showFocus(picture, session),
    nearest: (x, y, reach) => nearestRow(picture, x, y, reach),
    order: (axis) => rowOrder(picture, axis),
  });
}

function layOut(picture, session, theme) {
  const { host, points, lines, above } = picture;
  const single = session.view.up === null;
  const width = Math.max(NARROWEST_PICTURE, host.clientWidth); // a page that is not yet seen has no width
  const height = Math.round(Math.min(pixelsOf(host, "--highest"), Math.max(pixelsOf(host, "--lowest"), width * 0.68)));
  const axes = (single ? lineAxes : planeAxes)(session, session.column, session.names());
  const drawn = frame({ width, height, ...axes });
  const inverse = ([d0, d1], [r0, r1]) => (at) => d0 + ((at - r0) / (r1 - r0)) * (d1 - d0);
  drawn.xOf = inverse(axes.x.domain, [drawn.inner.left, drawn.inner.right]);
  drawn.yOf = inverse(axes.y.domain, [drawn.inner.bottom, drawn.inner.top]);
  // Pixels a unit of the data, along each axis.
  drawn.slopes = [axes.x, axes.y].map(({ domain }, i) => (
    (i === 0 ? drawn.inner.right - drawn.inner.left : drawn.inner.top - drawn.inner.bottom) / (domain[1] - domain[0])));
  picture.drawn = drawn;
  picture.scene = (single ? lineScene : planeScene)(session, drawn);
  picture.sharpness = Math.min(3, Math.max(1, window.devicePixelRatio));
  [points, lines].forEach((canvas) => fit(canvas, drawn.inner, picture.sharpness));
  above.setAttribute("viewBox", `0 0 ${width} ${height}`);
  above.replaceChildren(clip("picture-clip", drawn.inner), picture.ring);
  host.replaceChildren(drawn.picture, points, lines, above);
  picture.back = background(picture, theme);
  picture.marks = marksOf(picture, session.data.n);
}

// What the style sheet says of the picture's height.
function pixelsOf(host, name) {
  return Number(getComputedStyle(host).getPropertyValue(name));
}

// A canvas that covers the inner rectangle.
function fit(canvas, { left, top, right, bottom }, sharpness) {
  canvas.width = Math.round((right - left) * sharpness);
  canvas.height = Math.round((bottom - top) * sharpness);
  Object.assign(canvas.style, {
    left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px`,
  });
}

// Paper and grid lines, to begin every drawing of the rows with: marks are blended into opaque pixels.
function background({ points, drawn, scene, sharpness }, theme) {
  const pen = points.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, points.width, points.height);
  pen.fillStyle = theme.faint;
  drawn.picture.querySelectorAll(".grid").forEach((line) => {
    const at = Number(line.getAttribute("y1"));
    if (at <= (scene.floor ?? Infinity)) pen.fillRect(0, Math.round((at - drawn.inner.top) * sharpness), points.width, Math.round(sharpness));
  });
  return pen.getImageData(0, 0, points.width, points.height);
}

// Fewer marks can be larger and denser in ink than many.
function styleOf(n) {
  if (n <= 30) return [6, 0.85];
  if (n <= 600) return [3.8, 0.82];
  if (n <= 4000) return [2.8, 0.65];
  return [1.9, 0.5];
}

function marksOf({ scene: { dots }, drawn: { inner }, sharpness }, n) {
  const [radius, alpha] = styleOf(n);
  return {
    xs: dots.xs.map((x) => (x - inner.left) * sharpness), ys: dots.ys.map((y) => (y - inner.top) * sharpness),
    order: shuffledOrder(n), masks: discMasks(radius * sharpness, alpha),
    image: new ImageData(1, 1),
  };
}

function drawRows(picture, session, theme) {
  const { points, marks, back } = picture;
  if (marks.image.width !== points.width || marks.image.height !== points.height) {
    marks.image = new ImageData(points.width, points.height);
  }
  const pixels = new Int32Array(marks.image.data.buffer);
  pixels.set(new Int32Array(back.data.buffer));
  picture.colours = rowColours(
    session.shares(), session.data.n, theme.colours.slice(0, session.engine.configuration.k), theme.unassigned);
  stamp(pixels, points.width, points.height, { ...marks, colours: picture.colours });
  points.getContext("2d").putImageData(marks.image, 0, 0);
}

function drawLines({ lines, drawn: { inner }, scene, sharpness, colours }, theme, layers) {
  const pen = lines.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, lines.width, lines.height);
  pen.setTransform(sharpness, 0, 0, sharpness, -inner.left * sharpness, -inner.top * sharpness);
  pen.lineJoin = "round";
  scene.paint(pen, theme, layers, colours);
}

function showFocus({ ring, scene: { dots } }, { focus }) {
  ring.setAttribute("visibility", focus < 0 ? "hidden" : "visible");
  if (focus < 0) return;
  ring.setAttribute("cx", dots.xs[focus]);
  ring.setAttribute("cy", dots.ys[focus]);
}

function nearestRow({ scene: { dots: { xs, ys } } }, x, y, reach) {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < xs.length; i += 1) {
    const distance = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

// The rows from left to right, or from below to above.
function rowOrder({ scene: { dots: { xs, ys } } }, axis) {
  const [first, second] = axis === "across" ? [xs, ys] : [ys, xs];
  const order = Array.from(xs, (_, i) => i).sort((a, b) => first[a] - first[b] || second[a] - second[b]);
  return axis === "across" ? order : order.reverse();
}
