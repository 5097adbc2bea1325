// Where the starts ended: the local optima found, by how far they stay below the best and by how alike
// their clusters are to its clusters. The larger the mark, the more starts ended there.

import { svg } from "./dom.js";
import { frame, show } from "./frame.js";
import { counted, fixed, paddedDomain, scientific, statistic } from "./scales.js";

const [SMALLEST, LARGEST] = [4, 15];

export function drawStarts(host, starts) {
  const width = host.clientWidth;
  const marks = starts.optima.map(({ objective, times, agreement }) => (
    { below: objective - starts.optima[0].objective, times, agreement }));
  const { picture, x, y } = frame({
    width, height: Math.round(Math.min(300, Math.max(220, width * 0.6))),
    x: {
      domain: paddedDomain(Math.min(...marks.map(({ below }) => below)), 0, 0.1),
      label: "nats below the best",
    },
    y: {
      domain: paddedDomain(Math.min(0, ...marks.map(({ agreement }) => agreement)), 1, 0.12),
      label: "agreement of the clusters",
    },
  });
  // The largest first, so that no mark is hidden.
  const layer = svg("g", { class: "optima" });
  [...marks.entries()].sort(([, a], [, b]) => b.times - a.times).forEach(([i, mark]) => {
    layer.append(svg("circle", {
      class: i === 0 ? "optimum chosen" : "optimum", cx: x(mark.below), cy: y(mark.agreement), r: radius(mark.times),
    }, svg("title", {}, markText(mark))));
  });
  picture.append(layer);
  show(host, picture, startsText(starts));
}

// Areas in proportion to the number of starts.
export function radius(times) {
  return Math.min(LARGEST, SMALLEST * Math.sqrt(times));
}

function markText({ below, times, agreement }) {
  const place = below === 0 ? "the best" : `${nats(-below)} below the best`;
  return `${counted(times, "start")}: ${place}, agreement ${fixed(agreement, 2)}`;
}

function nats(value) {
  const text = value < 0.001 && value > 0 ? scientific(value, 1) : statistic(value);
  return `${text} nats`;
}

export function startsText({ made, found_best: best, failed, optima, caution }) {
  const others = optima.slice(1);
  const opening = `${best} of ${made} starts found the best optimum`;
  const unsound = failed > 0
    ? `${counted(failed, "start")} ended with a collapsed or spurious cluster and did not compete. ` : "";
  if (others.length === 0) return `${opening}, and no other was found. ${unsound}`.trim();
  const next = `The next best is ${nats(optima[0].objective - others[0].objective)} lower; its clusters agree with `
    + `the best ones to ${fixed(others[0].agreement, 2)} (1 is the same, 0 is chance). `;
  const last = caution ? "A better one may exist: more starts would tell." : "";
  return `${opening}; ${counted(others.length, "other")} ${others.length === 1 ? "was" : "were"} found. `
    + `${next}${unsound}${last}`.trim();
}
