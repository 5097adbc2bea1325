// The frame of a picture: an SVG with axes, faint grid lines and scales to draw in.

import { svg } from "./dom.js";
import { linearScale, ticks } from "./scales.js";

const GAP = "missing"; // the label of a margin
const LETTER = 6.6; // about the width of a letter at the 12 px size of the labels

export function shortened(text, width) {
  const letters = Math.max(4, Math.floor(width / LETTER));
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

const [BAND, ASIDE] = [14, 6]; // of a margin for marks without a place on an axis, and its distance from the others

// x and y: {domain, label, whole?, text?, gap?}, with `text` for tick values, and `gap` for a margin beside the other axis that
// holds marks without a place on this one. `right` reserves room for labels at the ends of lines.
export function frame({ width, height, x, y, right = 14 }) {
  const yTicks = axisTicks(y, Math.min(6, Math.max(2, Math.floor(height / 50))));
  const widest = Math.max(...yTicks.labels.map((label) => label.length), y.gap ? GAP.length : 1);
  const outer = { left: 14 + widest * LETTER, right: width - right, top: 32, bottom: height - 44 };
  const inner = {
    ...outer, left: outer.left + (x.gap ? BAND + ASIDE : 0), bottom: outer.bottom - (y.gap ? BAND + ASIDE : 0),
  };
  const apart = x.whole ? 40 : 75; // whole numbers are short
  const xTicks = axisTicks(x, Math.max(2, Math.floor((inner.right - inner.left) / apart)));
  const picture = svg("svg", {
    class: "picture", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true",
  });
  const scales = {
    x: linearScale(x.domain, [inner.left, inner.right]),
    y: linearScale(y.domain, [inner.bottom, inner.top]),
  };
  const bounds = { ...inner, base: outer.bottom, side: outer.left };
  picture.append(horizontalLines(yTicks, scales.y, bounds), verticalTicks(xTicks, scales.x, bounds));
  picture.append(axisTitles(x, xTicks, y, yTicks, outer));
  if (x.gap || y.gap) picture.append(margins(x, y, bounds));
  return { picture, inner, gaps: { x: outer.left + BAND / 2, y: outer.bottom - BAND / 2 }, ...scales };
}

// Margins along the axes: what stands in one has no place on the other axis.
function margins(x, y, { left, right, top, bottom, base, side }) {
  const layer = svg("g", { class: "axis margins" });
  if (x.gap) {
    layer.append(
      svg("rect", { x: side, y: top, width: BAND, height: bottom - top, rx: 2 }),
      svg("line", { class: "base", x1: side, x2: side + BAND, y1: base, y2: base }),
      svg("line", { class: "base", x1: side + BAND / 2, x2: side + BAND / 2, y1: base, y2: base + 5 }),
      svg("text", { x: side + BAND, y: base + 18, "text-anchor": "end" }, GAP));
  }
  if (y.gap) {
    layer.append(
      svg("rect", { x: left, y: base - BAND, width: right - left, height: BAND, rx: 2 }),
      svg("text", { x: side - 8, y: base - BAND / 2 + 4, "text-anchor": "end" }, GAP));
  }
  return layer;
}

function axisTicks(axis, count) {
  const made = ticks(axis.domain, count);
  if (axis.text) return { values: made.values, labels: made.values.map(axis.text), note: "" };
  if (!axis.whole) return made;
  const keep = made.values.map((value) => Number.isInteger(value));
  return {
    values: made.values.filter((_, i) => keep[i]),
    labels: made.labels.filter((_, i) => keep[i]).map((label) => label.replace(/\.0+$/, "")),
    note: made.note,
  };
}

function horizontalLines({ values, labels }, y, { left, right, side }) {
  const layer = svg("g", { class: "axis" });
  values.forEach((value, i) => {
    const at = y(value);
    layer.append(
      svg("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }),
      svg("text", { x: side - 8, y: at + 4, "text-anchor": "end" }, labels[i]),
    );
  });
  return layer;
}

function verticalTicks({ values, labels }, x, { left, right, base }) {
  const layer = svg("g", { class: "axis" });
  layer.append(svg("line", { class: "base", x1: left, x2: right, y1: base, y2: base }));
  values.forEach((value, i) => {
    const at = x(value);
    layer.append(
      svg("line", { class: "base", x1: at, x2: at, y1: base, y2: base + 5 }),
      svg("text", { x: at, y: base + 18, "text-anchor": "middle" }, labels[i]),
    );
  });
  return layer;
}

function axisTitles(x, xTicks, y, yTicks, inner) {
  const titled = (axis, note, width) => {
    const room = width - (note ? (note.length + 2) * LETTER : 0);
    return shortened(axis.label, room) + (note ? `  ${note}` : "");
  };
  const width = inner.right - inner.left;
  const across = { class: "title", x: inner.right, y: inner.bottom + 38, "text-anchor": "end" };
  return svg("g", { class: "axis" },
    svg("text", across, titled(x, xTicks.note, width)),
    svg("text", { class: "title", x: 2, y: 14 }, titled(y, yTicks.note, inner.right)));
}

// A clip path for marks that may leave the frame; ids must differ between pictures.
export function clip(id, { left, right, top, bottom }) {
  const rect = { x: left, y: top - 6, width: right - left, height: bottom - top + 12 };
  return svg("clipPath", { id }, svg("rect", rect));
}

// Puts a picture in its place with its text alternative.
export function show(host, picture, description) {
  host.replaceChildren(picture);
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", description);
}

