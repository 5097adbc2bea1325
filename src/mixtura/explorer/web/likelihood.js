// The log-likelihood: a bar between the worst and the best seen, the course of this run, and the local optima
// where runs ended before. Heights are nats below the best, drawn so that the last few are as visible as the
// first thousands: by log(1 + nats).

import { el, outline, svg } from "../../report/web/dom.js";
import { counted } from "../../report/web/scales.js";
import { change, isRounding, nats } from "./numbers.js";

const LEAST_SPAN = 10; // nats that the scale spans at least
const TOLD = 6; // optima in words
const LINE = 14; // pixels of a line of labels
const FULL = 0.95; // of the bar, for the best so far: there may be better
const DRAWN = 300; // iterations of the course
const TICKS = [0, 1, 10, 100, 1000, 10000, 100000];

export function createLikelihood(session, { number, delta, bar, plot, optima }) {
  const seen = { best: -Infinity, worst: Infinity };
  const scale = (value) => {
    const whole = Math.log1p(Math.max(LEAST_SPAN, seen.best - seen.worst));
    return 1 - Math.log1p(Math.max(0, seen.best - value)) / whole;
  };
  return {
    forget() {
      [seen.best, seen.worst] = [-Infinity, Infinity];
    },
    // While a component is moved, or EM runs: the number and the bar.
    show() {
      const { logLikelihood, trace } = session.engine;
      [...trace, ...optimaHere(session).map((optimum) => optimum.logLikelihood)].forEach((value) => {
        seen.best = Math.max(seen.best, value);
        seen.worst = Math.min(seen.worst, value);
      });
      number.textContent = nats(logLikelihood);
      delta.textContent = trace.length > 1 ? deltaText(trace.at(-2), logLikelihood) : "the start";
      drawBar(bar, scale, session);
    },
    // The rest, now and then.
    tell() {
      drawCourse(plot, scale, seen, session);
      optima.replaceChildren(...optimaText(session));
    },
  };
}

function deltaText(before, after) {
  return isRounding(before, after) ? "unchanged by the last iteration" : `${change(after - before)} by the last iteration`;
}

// Where runs with as many components and this structure converged.
export function optimaHere({ engine: { optima, configuration: { k, structure } } }) {
  return optima.filter((optimum) => optimum.k === k && optimum.structure === structure);
}

function drawBar(bar, scale, session) {
  const fill = bar.querySelector(".fill") ?? bar.appendChild(el("span", { class: "fill" }));
  fill.style.width = percentOf(scale(session.engine.logLikelihood));
  const found = optimaHere(session);
  const marks = bar.querySelectorAll(".optimum");
  if (marks.length !== found.length) {
    marks.forEach((mark) => mark.remove());
    bar.append(...found.map(() => el("span", { class: "optimum" })));
  }
  bar.querySelectorAll(".optimum").forEach((mark, i) => {
    mark.style.left = percentOf(scale(found[i].logLikelihood));
    mark.textContent = found[i].found > 1 ? `${found[i].found}×` : "";
  });
}

function percentOf(height) {
  return `${100 * FULL * Math.max(0, height)}%`;
}

function drawCourse(host, scale, seen, session) {
  const width = Math.max(240, host.clientWidth);
  const height = 176;
  const inner = { left: 58, right: width - 64, top: 10, bottom: height - 24 };
  const y = (value) => inner.bottom - scale(value) * (inner.bottom - inner.top);
  const { trace } = session.engine;
  const last = Math.max(8, trace.length - 1);
  const x = (i) => inner.left + (i / last) * (inner.right - inner.left);
  const picture = svg("svg", { class: "picture", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  picture.append(courseAxes(inner, y, seen, last, x), optimaLines(session, inner, y));
  picture.append(svg("path", { class: "course", d: outline(thinned(trace.length).map((i) => [x(i), y(trace[i])]), false) }));
  picture.append(svg("circle", { class: "now", cx: x(trace.length - 1), cy: y(trace.at(-1)), r: 4 }));
  host.replaceChildren(picture);
}

// Of a long course some iterations, the last one among them.
function thinned(length) {
  const step = Math.max(1, Math.floor(length / DRAWN));
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => length - 1 - i * step).reverse();
}

function courseAxes({ left, right, bottom, top }, y, { best, worst }, last, x) {
  const layer = svg("g", { class: "axis" });
  const span = Math.max(LEAST_SPAN, best - worst);
  let higher = -Infinity;
  TICKS.filter((below) => below <= span).forEach((below) => {
    const at = y(best - below);
    if (at - higher < LINE) return; // no room for its label
    higher = at;
    layer.append(svg("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }),
      svg("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, below === 0 ? "best" : `−${below}`));
  });
  layer.append(svg("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }),
    svg("text", { x: left, y: bottom + 18 }, "start"),
    svg("text", { x: x(last), y: bottom + 18, "text-anchor": "end" }, `iteration ${last}`));
  layer.append(svg("line", { class: "base", x1: left, x2: left, y1: top, y2: bottom }));
  return layer;
}

function optimaLines(session, { left, right }, y) {
  const layer = svg("g", { class: "optima" });
  let lowest = -Infinity;
  optimaHere(session).forEach(({ logLikelihood, found }) => {
    const at = y(logLikelihood);
    layer.append(svg("line", { x1: left, x2: right, y1: at, y2: at }));
    if (at - lowest < LINE) return; // no room for its label
    lowest = at;
    layer.append(svg("text", { x: right + 6, y: at + 4 }, found > 1 ? `ended ${found}×` : "ended"));
  });
  return layer;
}

function optimaText(session) {
  const found = optimaHere(session);
  const { k } = session.engine.configuration;
  if (found.length === 0) return ["No run has converged yet with these settings."];
  const told = found.slice(0, TOLD).map(({ logLikelihood, found: times }) => `${nats(logLikelihood)} (${times}×)`);
  const more = found.length > TOLD ? ` and ${found.length - TOLD} more` : "";
  return [`Runs with ${counted(k, "component")} and these covariances ended at ${told.join(", ")}${more}.`];
}
