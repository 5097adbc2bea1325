// The objective of the fit, iteration by iteration.

import { outline, svg } from "./dom.js";
import { frame, show } from "./frame.js";
import { paddedDomain, scientific, statistic, wholeNumber } from "./scales.js";

export function drawTrace(host, trace) {
  const steps = trace.map((value, i) => [i + 1, value]).filter(([, value]) => value !== null);
  const values = steps.map(([, value]) => value);
  const width = host.clientWidth;
  const iterations = paddedDomain(1, Math.max(2, trace.length), 0.02);
  const { picture, x, y } = frame({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.5))),
    x: { domain: iterations, label: "iteration", whole: true },
    y: {
      domain: paddedDomain(Math.min(...values), Math.max(...values), 0.06),
      label: "log-likelihood (higher is better)",
    },
  });
  const corners = steps.map(([i, value]) => [x(i), y(value)]);
  const group = svg("g", { class: "curve chosen" });
  group.append(svg("path", { d: outline(corners, false) }));
  const marked = corners.length <= 40 ? corners : corners.slice(-1);
  marked.forEach(([cx, cy]) => group.append(svg("circle", { cx, cy, r: 2.6 })));
  picture.append(group);
  show(host, picture, traceText(trace));
}

export function traceText(trace) {
  const values = trace.filter((value) => value !== null);
  if (values.length < 2) return "The fit took a single step.";
  const [first, before, last] = [values[0], values.at(-2), values.at(-1)];
  const change = Math.abs(last - before);
  const moved = change < 0.001 ? scientific(change, 1) : statistic(change);
  const told = change === 0 ? "left it unchanged" : `changed it by ${moved}`;
  const count = wholeNumber(trace.length);
  return `From ${statistic(first)} to ${statistic(last)} in ${count} iterations; `
    + `the last one ${told}.`;
}
