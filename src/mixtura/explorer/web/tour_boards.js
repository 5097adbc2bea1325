// What steps of the worksheet show beside their tasks.

import { el, outline, svg } from "../../report/web/dom.js";
import { fixed } from "../../report/web/scales.js";
import { figure, nats, part } from "./numbers.js";
import { SPECIES } from "./tour_tables.js";

export function drawingBoard(tour) {
  const told = el("p", { class: "drawn", "aria-live": "polite" }, "Nothing drawn yet.");
  const button = el("button", { type: "button", class: "step-button" }, "Draw one animal");
  tour.drawOne = () => {
    const { kind, weight } = tour.notes.draw();
    tour.notes.drawn += 1;
    const species = `N(${SPECIES.means[kind]}, ${SPECIES.deviations[kind]})`;
    told.textContent = `Animal ${tour.notes.drawn}: z = ${kind + 1}, then a weight from ${species}: ${fixed(weight, 2)} kg.`;
    tour.look();
  };
  button.addEventListener("click", () => tour.drawOne());
  return el("div", { class: "board" }, button, told);
}

export function coinBoard() {
  const [width, height] = [320, 110];
  const chance = (p) => p ** 2 * (1 - p) ** 3;
  const x = (p) => 10 + p * (width - 20);
  const y = (value) => height - 14 - (value / 0.0346) * (height - 28);
  const curve = Array.from({ length: 101 }, (_, i) => [x(i / 100), y(chance(i / 100))]);
  const mark = svg("circle", { class: "now", r: 5 });
  const picture = svg("svg", { class: "picture coin", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("g", { class: "axis" }, svg("line", { class: "base", x1: 10, x2: width - 10, y1: height - 14, y2: height - 14 })),
    svg("path", { class: "course", d: outline(curve, false) }), mark);
  const slider = el("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0.7, "aria-label": "p" });
  const told = el("output", { "aria-live": "off" }); // the slider says it
  const show = () => {
    const p = Number(slider.value);
    mark.setAttribute("cx", x(p));
    mark.setAttribute("cy", y(chance(p)));
    told.textContent = `p = ${fixed(p, 2)}: p²(1 − p)³ = ${figure(chance(p), 3)}`;
    slider.setAttribute("aria-valuetext", told.textContent);
  };
  slider.addEventListener("input", show);
  show();
  return el("div", { class: "board" }, picture, slider, told);
}

// The shares of four animals, once there are any.
export function handTable(shares) {
  const row = (head, cells) => el("tr", {}, el("th", { scope: "row" }, head), ...cells.map((cell) => el("td", { class: "number" }, cell)));
  const weights = [2, 4, 6, 10];
  const share = (j) => weights.map((_, i) => (shares ? part(shares[2 * i + j]) : "?"));
  return el("div", { class: "wide" }, el("table", { class: "terms" }, el("tbody", {},
    row("weight", weights.map((weight) => `${weight} kg`)), row("P(C₁ | x)", share(0)), row("P(C₂ | x)", share(1)))));
}

export function scoreTable(rows, head) {
  if (rows.length === 0) return el("p", { class: "drawn" }, "Nothing yet.");
  return el("div", { class: "wide" }, el("table", { class: "terms" },
    el("tbody", {}, el("tr", {}, el("td"), ...rows.map(([name]) => el("th", { scope: "col", class: "number" }, name))),
      el("tr", {}, el("th", { scope: "row" }, head), ...rows.map(([, text]) => el("td", { class: "number" }, text))))));
}

// What each kind of EM ended with, those of `names` that were run.
export function kinTable(ends, names) {
  const shown = names.filter((name) => ends.has(name));
  if (shown.length === 0) return el("p", { class: "drawn" }, "Nothing yet.");
  const heads = ["P(C₁)", "μ₁", "σ₁", "μ₂", "σ₂", "ℓ"].map((head) => el("th", { scope: "col", class: "number" }, head));
  const rows = shown.map((name) => {
    const { mixture: { weights, means, covariances }, logLikelihood } = ends.get(name);
    const [first, second] = means[0] < means[1] ? [0, 1] : [1, 0];
    const cells = [weights[first], means[first], Math.sqrt(covariances[first]), means[second], Math.sqrt(covariances[second])];
    return el("tr", {}, el("th", { scope: "row" }, name),
      ...[...cells.map((value) => figure(value, 3)), nats(logLikelihood)].map((text) => el("td", { class: "number" }, text)));
  });
  return el("div", { class: "wide" }, el("table", { class: "terms" }, el("thead", {}, el("tr", {}, el("td"), ...heads)), el("tbody", {}, ...rows)));
}
