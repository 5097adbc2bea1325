// How probable each number of clusters is, and which models are the likeliest, going by BIC.

import { el, isolated, shareBar, svg } from "./dom.js";
import { frame, show } from "./frame.js";
import { counted, percent } from "./scales.js";

const MODELS = 5; // in the list of the likeliest ones
const WORTH = 0.005; // what is less probable rounds to nothing

export function drawProbabilities(host, search) {
  const pairs = search.probabilities;
  const chosen = search.candidates[search.best].n_components;
  const width = host.clientWidth;
  const ks = pairs.map(([k]) => k);
  const { picture, x, y, inner } = frame({
    width, height: Math.round(Math.min(240, Math.max(200, width * 0.45))),
    x: {
      domain: [Math.min(...ks) - 0.6, Math.max(...ks) + 0.6], label: "number of clusters", whole: true,
    },
    y: { domain: [0, 1.04], label: "probability", text: percent },
  });
  const layer = svg("g", { class: "bars" });
  const half = Math.min(18, 0.4 * (x(1) - x(0)));
  pairs.forEach(([k, probability]) => {
    const roof = Math.min(y(probability), inner.bottom - 1.5);
    layer.append(svg("rect", {
      class: k === chosen ? "chosen" : null, x: x(k) - half, y: roof, width: 2 * half, height: inner.bottom - roof,
    }), svg("rect", {
      class: "column", x: x(k) - half, y: inner.top, width: 2 * half, height: inner.bottom - inner.top,
      "data-tip": `${counted(k, "cluster")}: ${percent(probability)}`,
    }));
  });
  picture.append(layer);
  show(host, picture, probabilityText(search));
}

// Where no more were tried than the best has: whatever lies beyond has no part in the probabilities.
export function openEndText({ criterion, n_components: k, structure }) {
  const [name, shape] = [criterion.toUpperCase(), structure === "" ? "" : ` of ${structure}`];
  return `${k} or more: ${k} was the largest number tried${shape}, and has the lowest ${name}. With more clusters it may `
    + "be lower still, so that no probabilities are given.";
}

// In a sentence, by falling probability; nothing where only one number was tried.
export function probabilityText({ probabilities, candidates, limit = null }) {
  if (limit) return openEndText(limit);
  if (probabilities.length < 2) return "";
  const told = [...probabilities].sort((a, b) => b[1] - a[1]).filter(([, p]) => p >= WORTH)
    .map(([k, p], i) => `${i > 0 ? `${k} with` : `${counted(k, "cluster")} with probability`} ${percent(p)}`);
  const short = candidates.some(({ standing }) => standing === "left behind" || standing === "given up");
  const doubt = short ? " Candidates that did not make all their starts may be likelier than shown." : "";
  return `Going by BIC, and if all models were equally probable before: ${told.join(", ")}.${doubt}`;
}

// The likeliest models, and what is left for all others.
export function likeliest({ candidates }) {
  const told = candidates.filter(({ probability }) => probability !== null)
    .sort((a, b) => b.probability - a.probability).slice(0, MODELS)
    .filter(({ probability }, i) => i === 0 || probability >= WORTH);
  const rest = 1 - told.reduce((sum, { probability }) => sum + probability, 0);
  return { told, rest: rest >= WORTH ? rest : 0 };
}

export function likeliestList(search) {
  const { told, rest } = likeliest(search);
  const chosen = search.candidates[search.best];
  const list = el("ul", { class: "shares models" });
  const item = (name, share, isChosen) => {
    return el("li", { class: isChosen ? "chosen" : null },
      name, shareBar(share), el("span", { class: "number" }, percent(share)));
  };
  told.forEach((candidate) => list.append(item(
    el("span", {}, counted(candidate.n_components, "cluster"),
      ...(candidate.structure === "" ? [] : [", ", isolated(candidate.structure)])),
    candidate.probability, candidate === chosen)));
  if (rest > 0) list.append(item(el("span", {}, "all others"), rest, false));
  return list;
}
