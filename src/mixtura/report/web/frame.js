// The frame of a picture: an SVG with axes, faint grid lines and scales to draw in.

import { svg } from "./dom.js";
import { linearScale, ticks } from "./scales.js";

const LETTER = 6.6; // about the width of a letter at the 12 px size of the labels

export function shortened(text, width) {
  const letters = Math.max(4, Math.floor(width / LETTER));
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

// x and y: {domain, label, whole?, text?}, with `text` for tick values. `right` reserves room for labels at the ends of lines.
export function frame({ width, height, x, y, right = 14 }) {
  const yTicks = axisTicks(y, Math.min(6, Math.max(2, Math.floor(height / 50))));
  const widest = Math.max(...yTicks.labels.map((label) => label.length), 1);
  const inner = { left: 14 + widest * LETTER, right: width - right, top: 32, bottom: height - 44 };
  const apart = x.whole ? 40 : 75; // whole numbers are short
  const xTicks = axisTicks(x, Math.max(2, Math.floor((inner.right - inner.left) / apart)));
  const picture = svg("svg", {
    class: "picture", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true",
  });
  const scales = {
    x: linearScale(x.domain, [inner.left, inner.right]),
    y: linearScale(y.domain, [inner.bottom, inner.top]),
  };
  picture.append(horizontalLines(yTicks, scales.y, inner), verticalTicks(xTicks, scales.x, inner));
  picture.append(axisTitles(x, xTicks, y, yTicks, inner));
  return { picture, inner, ...scales };
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

function horizontalLines({ values, labels }, y, inner) {
  const layer = svg("g", { class: "axis" });
  values.forEach((value, i) => {
    const at = y(value);
    layer.append(
      svg("line", { class: "grid", x1: inner.left, x2: inner.right, y1: at, y2: at }),
      svg("text", { x: inner.left - 8, y: at + 4, "text-anchor": "end" }, labels[i]),
    );
  });
  return layer;
}

function verticalTicks({ values, labels }, x, inner) {
  const layer = svg("g", { class: "axis" });
  layer.append(svg("line", {
    class: "base", x1: inner.left, x2: inner.right, y1: inner.bottom, y2: inner.bottom,
  }));
  values.forEach((value, i) => {
    const at = x(value);
    layer.append(
      svg("line", { class: "base", x1: at, x2: at, y1: inner.bottom, y2: inner.bottom + 5 }),
      svg("text", { x: at, y: inner.bottom + 18, "text-anchor": "middle" }, labels[i]),
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

