// How the fit closed in on its limit: what was missing before the first iteration and after each one.

import { outline, svg } from "./dom.js";
import { frame, show } from "./frame.js";
import {
  counted, paddedDomain, percent, powerOfTen, scientific, statistic, wholeNumber,
} from "./scales.js";

const MARKED = 40; // iterations up to which each one has a mark

// What was missing of the limit, as powers of ten: a fit that closes in at a steady rate is a straight
// line. Null where nothing was missing, or where the walk is random and has no limit.
export function missing({ trace, remaining }) {
  const known = (trace ?? []).filter((value) => value !== null);
  const limit = Math.max(...known) + (remaining ?? 0);
  const least = 1e-14 * (1 + Math.abs(limit)); // below it differences are rounding
  return (trace ?? []).map((value) => (
    value === null || limit - value <= least ? null : Math.log10(limit - value)));
}

// Whether there is a course to draw: a rise, and not a random walk.
export function hasCourse(fit) {
  const known = (fit.trace ?? []).filter((value) => value !== null);
  const falls = known.some((value, i) => known[i - 1] - value > 1e-9 * (1 + Math.abs(value)));
  return !falls && missing(fit).filter((value) => value !== null).length > 1;
}

export function drawTrace(host, fit) {
  const logs = missing(fit);
  const steps = logs.map((value, i) => [iteration(fit, i), value]).filter(([, value]) => value !== null);
  const exponents = steps.map(([, value]) => value);
  const width = host.clientWidth;
  const { picture, x, y } = frame({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.6))),
    x: {
      domain: paddedDomain(0, Math.max(1, iteration(fit, logs.length - 1)), 0.02), label: "iteration", whole: true,
    },
    y: {
      domain: paddedDomain(Math.min(...exponents), Math.max(...exponents), 0.06),
      label: "still missing, in nats", text: logText,
    },
  });
  const corners = steps.map(([i, value]) => [x(i), y(value)]);
  const layer = svg("g", { class: "curve chosen" });
  layer.append(svg("path", { d: outline(corners, false) }));
  const each = corners.length <= MARKED;
  corners.forEach(([cx, cy], i) => {
    const marked = each || i === corners.length - 1;
    const told = `iteration ${wholeNumber(steps[i][0])}: ${scientific(10 ** steps[i][1], 1)} nats still missing`;
    layer.append(svg("circle", { class: marked ? null : "faint", cx, cy, r: 2.6, "data-tip": told }));
  });
  picture.append(layer);
  show(host, picture, traceText(fit));
}

// A long trace comes with some of its values, and the iterations they belong to.
function iteration({ trace_at: at }, i) {
  return at ? at[i] : i;
}

function logText(exponent) {
  if (!Number.isInteger(exponent)) return "";
  return exponent >= -2 && exponent <= 3 ? String(Number(`1e${exponent}`)) : powerOfTen(exponent);
}

export function traceText(fit) {
  const { trace, remaining, rate, objective } = fit;
  const values = trace.filter((value) => value !== null);
  if (values.length < 2) return "The fit ended where it began.";
  const count = counted(iteration(fit, trace.length - 1), "iteration");
  const course = `The ${objective} rose from ${statistic(values[0])} to ${statistic(values.at(-1))} in ${count}.`;
  return [course, ...limitText(remaining), ...rateText(rate)].join(" ");
}

function limitText(remaining) {
  if (remaining === null) return [];
  if (remaining === 0) return ["Nothing is thought to be missing of its limit."];
  const left = remaining < 0.001 ? scientific(remaining, 1) : statistic(remaining);
  const weight = remaining < 0.01 ? ", too little to change a figure here" : "";
  return [`Its limit is thought to lie ${left} nats higher${weight}.`];
}

// The rate is the square of the share of information that is missing as the clusters of the rows are not
// known (Dempster, Laird and Rubin 1977): it is high where clusters overlap.
function rateText(rate) {
  if (rate === null || !(rate > 0 && rate < 1)) return [];
  const far = rate > 0.9 ? ", as the clusters overlap" : "";
  return [`Near it, an iteration of plain EM leaves ${percent(rate)} of the way still to go${far}.`];
}
