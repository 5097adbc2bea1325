// The objective of the fit, before the first iteration and after each one.

import { outline, svg } from "./dom.js";
import { frame, show } from "./frame.js";
import { counted, paddedDomain, scientific, statistic } from "./scales.js";

export function drawTrace(host, trace) {
  const steps = trace.map((value, i) => [i, value]).filter(([, value]) => value !== null);
  const values = steps.map(([, value]) => value);
  const width = host.clientWidth;
  const iterations = paddedDomain(0, Math.max(1, trace.length - 1), 0.02);
  const { picture, x, y } = frame({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.5))),
    x: { domain: iterations, label: "iteration", whole: true },
    y: {
      domain: paddedDomain(Math.min(...values), Math.max(...values), 0.06),
      label: "log-likelihood (higher is better)",
    },
  });
  const corners = steps.map(([i, value]) => [x(i), y(value)]);
  const layer = svg("g", { class: "curve chosen" });
  layer.append(svg("path", { d: outline(corners, false) }));
  const marked = corners.length <= 40 ? corners : corners.slice(-1);
  marked.forEach(([cx, cy]) => layer.append(svg("circle", { cx, cy, r: 2.6 })));
  picture.append(layer);
  show(host, picture, traceText(trace));
}

export function traceText(trace) {
  const values = trace.filter((value) => value !== null);
  if (values.length < 2) return "The fit ended where it began.";
  const [first, before, last] = [values[0], values.at(-2), values.at(-1)];
  const change = Math.abs(last - before);
  const moved = change < 0.001 ? scientific(change, 1) : statistic(change);
  const told = change === 0 ? "left it unchanged" : `changed it by ${moved}`;
  const count = counted(trace.length - 1, "iteration");
  return `From ${statistic(first)} to ${statistic(last)} in ${count}; `
    + `the last one ${told}.`;
}
