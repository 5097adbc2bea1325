// How sure the assignments are: the histogram of 1 - largest responsibility.

import { svg } from "./dom.js";
import { frame, show } from "./frame.js";
import { counted, fixed, percent } from "./scales.js";

export function drawUncertainty(host, { counts, edges, sure, mean, noise }) {
  const width = host.clientWidth;
  const tallest = Math.max(...counts, 1);
  const { picture, x, y, inner } = frame({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.5))),
    x: { domain: [edges[0], edges[edges.length - 1]], label: "uncertainty of a row" },
    y: { domain: [0, 1.1 * tallest], label: "rows", whole: true },
  });
  const layer = svg("g", { class: "bars" });
  counts.forEach((count, b) => {
    if (count === 0) return;
    const left = x(edges[b]) + 0.5;
    const roof = Math.min(y(count), inner.bottom - 1.5); // one row in a million stays visible
    const size = { width: x(edges[b + 1]) - left - 0.5, height: inner.bottom - roof };
    const [from, to] = [edges[b], edges[b + 1]].map((edge) => fixed(edge, 2));
    const told = `${counted(count, "row")} of an uncertainty from ${from} to ${to}`;
    layer.append(svg("rect", { x: left, y: roof, ...size }),
      svg("rect", { class: "column", x: left, y: inner.top, width: size.width, height: inner.bottom - inner.top, "data-tip": told }));
  });
  picture.append(layer);
  show(host, picture, uncertaintyText({ sure, mean, noise }));
}

export function uncertaintyText({ sure, mean, noise }) {
  const place = noise ? "one cluster, or are noise," : "one cluster";
  const told = sure === null ? "" : `${percent(sure)} of the rows belong to ${place} with a `
    + "probability above 0.95. ";
  const wrong = mean === null ? "" : "If the model is right, giving every row to its likeliest "
    + `cluster is wrong for ${mean < 0.005 ? "less than 1%" : `about ${percent(mean)}`} of them.`;
  return `${told}${wrong}`;
}
