// The formulas of the course, each once in letters and once with the numbers of this moment.

import { el, swatch } from "../../report/web/dom.js";
import { fixed } from "../../report/web/scales.js";
import {
  formula, fraction, hat, math, matrix, sub, sum, symbols,
} from "./mathml.js";
import { brief, figure, nats, part } from "./numbers.js";

const SHOWN_COLUMNS = 4; // columns of which a matrix is shown

export function fillEStep(session, title, host) {
  title.replaceChildren(`E, for row ${session.data.kept[session.row] + 1}`);
  host.replaceChildren(...eStepParts(session));
}

export function fillMStep(session, title, host) {
  title.replaceChildren(`M, for component ${session.chosen + 1}`);
  host.replaceChildren(...mStepParts(session));
}

export function fillLikelihood(session, host) {
  host.replaceChildren(...likelihoodParts(session));
}

// What P(C_j) p(x_i | C_j) comes to for one row, component by component.
export function terms({ engine, data, given }, row) {
  const x = data.rows.slice(row * data.d, (row + 1) * data.d);
  const { weights } = engine.mixture;
  const joint = Array.from(weights, (_, j) => engine.componentDensity(j, x, 1)[0]);
  return {
    weights: Array.from(weights), joint, total: joint.reduce((all, term) => all + term, 0),
    densities: joint.map((term, j) => term / weights[j]),
    shares: Array.from(weights, (_, j) => engine.posterior[row * weights.length + j]),
    given: given && Array.from(weights, (_, j) => given[row * weights.length + j]),
  };
}

function eStepParts(session) {
  const { row, chosen, engine, data } = session;
  const found = terms(session, row);
  const name = String(data.kept[row] + 1);
  const j = String(chosen + 1);
  return [
    formula("P", "(", sub("C", "j"), "|", sub("x", "i"), ")", "=", fraction(
      symbols("P", "(", sub("C", "j"), ")", "P", "(", sub("x", "i"), "|", sub("C", "j"), ")"),
      symbols(sum(symbols("l")), "P", "(", sub("C", "l"), ")", "P", "(", sub("x", "i"), "|", sub("C", "l"), ")"))),
    termTable(found, engine.configuration.algorithm),
    formula("P", "(", sub("C", j), "|", sub("x", name), ")", "=", fraction(
      symbols(figure(found.weights[chosen]), "·", figure(found.densities[chosen])), symbols(figure(found.total))),
    ...equals(found.shares[chosen])),
    ...(data.d === 1 ? [bellFormula(session, found)] : []),
    algorithmNote(engine.configuration),
  ].filter(Boolean);
}

// What is nearly 0 or 1 is said to lie below or above.
function equals(share) {
  const text = part(share);
  return /^[<>]/.test(text) ? [text[0], text.slice(1)] : ["=", text];
}

function termTable({ weights, densities, joint, total, shares, given }, algorithm) {
  const differs = given !== null && algorithm !== "soft";
  const heads = [
    symbols("P", "(", sub("C", "j"), ")"), symbols("P", "(", sub("x", "i"), "|", sub("C", "j"), ")"),
    "product", symbols("P", "(", sub("C", "j"), "|", sub("x", "i"), ")"), ...(differs ? ["M takes"] : []),
  ].map((head, c) => el("th", { scope: "col", class: classOf(c) }, typeof head === "string" ? head : math("math", head)));
  const rows = weights.map((weight, j) => el("tr", {},
    el("th", { scope: "row" }, swatch(j, "circle"), ` ${j + 1}`),
    ...cells(figure(weight, 3), figure(densities[j], 3), figure(joint[j], 3), part(shares[j]), ...(differs ? [part(given[j])] : []))));
  const last = el("tr", { class: "total" }, el("th", { scope: "row" }, "sum"),
    ...cells("1", "", figure(total, 3), "1", ...(differs ? ["1"] : [])));
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "The terms of the E-step" },
    el("table", { class: "terms" }, el("thead", {}, el("tr", {}, el("td"), ...heads)), el("tbody", {}, ...rows, last)));
}

function cells(...texts) {
  return texts.map((text, c) => el("td", { class: classOf(c) }, text));
}

// The product, which is the third, is left out on narrow screens.
function classOf(column) {
  return column === 2 ? "number product" : "number";
}

function bellFormula({ row, chosen, engine, data }, { densities }) {
  const { means, covariances } = engine.mixture;
  const [x, mean, deviation] = [data.rows[row], means[chosen], Math.sqrt(covariances[chosen])].map(brief);
  const squared = math("msup", symbols("(", fraction(symbols(x, "−", mean), symbols(deviation)), ")"), math("mn", "2"));
  const exponent = symbols("−", fraction(math("mn", "1"), math("mn", "2")), squared);
  return formula("P", "(", sub("x", String(data.kept[row] + 1)), "|", sub("C", String(chosen + 1)), ")", "=",
    fraction(math("mn", "1"), symbols(deviation, math("msqrt", symbols("2", "π")))),
    math("msup", math("mi", "e"), exponent), "=", figure(densities[chosen]));
}

function algorithmNote({ algorithm, temperature }) {
  const notes = {
    hard: "Hard: M takes 1 for the likeliest component and 0 for the others.",
    stochastic: "Stochastic: M takes 1 for a component drawn with these probabilities.",
    tempered: `Tempered: the products are taken to the power 1/T with T = ${figure(temperature, 3)} before they are divided by their sum.`,
  };
  return algorithm in notes ? el("p", { class: "hint" }, notes[algorithm]) : null;
}

// The sums that the M-step makes of the chosen component's responsibilities.
export function momentsOf({ engine, data, chosen, given }) {
  const { k } = engine.configuration;
  const { rows, n, d } = data;
  const shares = given ?? engine.posterior;
  let count = 0;
  const sums = new Float64Array(d);
  for (let i = 0; i < n; i += 1) {
    const share = shares[i * k + chosen];
    count += share;
    for (let c = 0; c < d; c += 1) sums[c] += share * rows[i * d + c];
  }
  const mean = sums.map((total) => total / count);
  const scatter = Array.from({ length: d }, () => new Float64Array(d));
  for (let i = 0; i < n; i += 1) {
    const share = shares[i * k + chosen];
    for (let r = 0; r < d; r += 1) {
      for (let c = 0; c < d; c += 1) scatter[r][c] += share * (rows[i * d + r] - mean[r]) * (rows[i * d + c] - mean[c]);
    }
  }
  return { count, sums, mean, covariance: scatter.map((line) => Array.from(line, (value) => value / count)) };
}

function mStepParts(session) {
  const { chosen, engine, data } = session;
  const j = String(chosen + 1);
  const { count, sums, mean, covariance } = momentsOf(session);
  const share = symbols("P", "(", sub("C", "j"), "|", sub("x", "i"), ")");
  const shown = Array.from({ length: data.d }, (_, c) => c).slice(0, SHOWN_COLUMNS);
  const vector = (values) => matrix(shown.map((c) => [figure(values[c])]));
  const away = (letter) => symbols("(", sub("x", "i"), "−", hat("μ", letter), ")");
  return [
    formula(hat("P", "j"), "=", fraction(math("mn", "1"), math("mi", "n")), sum(symbols("i")), share, "=",
      fraction(math("mn", figure(count)), math("mn", fixed(data.n, 0))), "=", figure(count / data.n)),
    formula(hat("μ", "j"), "=", fraction(
      symbols(sum(symbols("i")), share.cloneNode(true), sub("x", "i")), symbols(sum(symbols("i")), share.cloneNode(true)))),
    formula(hat("μ", j), "=", fraction(math("mn", "1"), math("mn", figure(count))), "·", vector(sums), "=", vector(mean)),
    formula(spread("j", data.d), "=", fraction(
      symbols(sum(symbols("i")), share.cloneNode(true), ...(data.d === 1 ? [math("msup", away("j"), math("mn", "2"))]
        : [away("j"), math("msup", away("j"), math("mi", "T"))])),
      symbols(sum(symbols("i")), share.cloneNode(true)))),
    formula(spread(j, data.d), "=", matrix(shown.map((r) => shown.map((c) => figure(covariance[r][c]))))),
    structureNote(engine.configuration.structure, data.d),
  ].filter(Boolean);
}

// The variance of one column, the covariance matrix of several.
function spread(j, d) {
  if (d > 1) return hat("Σ", j);
  return math("msubsup", math("mover", math("mi", "σ"), math("mo", "^")), symbols(j), math("mn", "2"));
}

function structureNote(structure, d) {
  if (d > SHOWN_COLUMNS) return el("p", { class: "hint" }, `The first ${SHOWN_COLUMNS} of ${d} columns.`);
  if (structure === "VVV") return null;
  return el("p", { class: "hint" }, `The structure ${structure} then ties the components’ matrices together.`);
}

function likelihoodParts({ engine, data }) {
  const { logLikelihood, parameterCount, bic } = engine;
  const rows = fixed(data.n, 0);
  return [
    formula("ℓ", "=", sum(symbols("i", "=", "1"), math("mi", "n")), "log", sum(symbols("j")),
      "P", "(", sub("C", "j"), ")", "P", "(", sub("x", "i"), "|", sub("C", "j"), ")"),
    formula("ℓ", "=", rows, "·", "(", figure(logLikelihood / data.n, 5), ")", "=", nats(logLikelihood)),
    formula("BIC", "=", "p", "log", "n", "−", "2", "ℓ"),
    formula("BIC", "=", String(parameterCount), "·", figure(Math.log(data.n)), "−", "2", "·", "(", nats(logLikelihood), ")", "=", fixed(bic, 2)),
    el("p", { class: "hint" }, `p = ${parameterCount} free numbers: weights, means and covariances. Lower is better.`),
  ];
}
