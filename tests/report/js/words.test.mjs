import assert from "node:assert/strict";
import test from "node:test";

import {
  criteriaOf, criterionText, hasFarCandidates, nearDomain, probabilityText, structureLines,
} from "../../../src/mixtura/report/web/criterion.js";
import { traceText } from "../../../src/mixtura/report/web/trace.js";
import { uncertaintyText } from "../../../src/mixtura/report/web/uncertainty.js";
import { headline, keyFigures, notes } from "../../../src/mixtura/report/web/words.js";

const candidate = (k, structure, bic, aic = bic) => (
  { n_components: k, structure, criteria: { bic, aic, icl: bic, cv: null }, status: "" });

const search = {
  criterion: "bic",
  best: 1,
  candidates: [
    candidate(1, "full", 130), candidate(2, "full", 100, 120), candidate(3, "full", null),
    candidate(4, "full", 140), candidate(1, "tied", 135), candidate(2, "tied", 101, 90),
  ],
};

const report = (sure, k = 3) => ({
  data: { rows: 344, rows_used: 342, rows_left_out: 2 },
  model: { n_components: k, n_parameters: 44, structure: "full", structure_text: "" },
  fit: {
    criteria: { bic: 1 }, log_likelihood: -1, converged: true, n_iter: 12, status: "", starts: { made: 5, found_best: 4 },
  },
  uncertainty: { sure, mean: 0.03 },
  search: null,
  notes: [],
});

test("the headline tells how many clusters, how far apart, in how many rows", () => {
  assert.equal(headline(report(0.91)), "3 overlapping clusters in 342 rows of");
  assert.equal(headline(report(0.999)), "3 well-separated clusters in 342 rows of");
  assert.equal(headline(report(1, 1)), "One cluster in 342 rows of");
});

test("key figures leave out what is not known", () => {
  const known = keyFigures(report(0.91)).map(([term, figure]) => [term, figure]);
  assert.deepEqual(known.find(([term]) => term === "Best solution found by"), [
    "Best solution found by", "4 of 5 starts"]);
  const stored = report(0.91);
  stored.fit = { criteria: {}, log_likelihood: null, converged: null, n_iter: null, status: "", starts: null };
  assert.deepEqual(keyFigures(stored).map(([term]) => term), ["Covariance structure", "Sure rows"]);
});

test("how the fit ended is told once", () => {
  const ended = (fit) => keyFigures({ ...report(0.9), fit: { ...report(0.9).fit, ...fit } })
    .find(([term]) => term === "Fit");
  assert.deepEqual(ended({ status: "converged in 12 iterations: no further gain" }), [
    "Fit", "converged", "in 12 iterations: no further gain"]);
  assert.deepEqual(ended({ converged: false, status: "stopped at 300 iterations" }), [
    "Fit", "did not converge", "stopped at 300 iterations"]);
  assert.deepEqual(ended({}), ["Fit", "converged", "after 12 iterations"]);
});

test("notes tell of failed candidates and of rows not drawn", () => {
  assert.deepEqual(notes(report(0.9), 342), []);
  const told = notes({ ...report(0.9), search, notes: ["given"] }, 100);
  assert.equal(told.length, 3);
  assert.equal(told[0], "given");
  assert.match(told[1], /100 of 342 rows/);
  assert.match(told[2], /1 candidate of the search/);
});

test("lines leave failed candidates out", () => {
  const [full, tied] = structureLines(search, "bic");
  assert.deepEqual(full.points.map(({ k }) => k), [1, 2, 4]);
  assert.ok(full.chosen && !tied.chosen);
});

test("the sentence names the chosen and the lowest candidate", () => {
  assert.match(criterionText(search, "bic"), /2 clusters, full, chosen by BIC.* It has the lowest BIC\.$/);
  assert.match(criterionText(search, "aic"), /The lowest AIC belongs to 2 clusters, tied\.$/);
});

test("criteria that no candidate has are not offered", () => {
  assert.deepEqual(criteriaOf(search), ["bic", "aic", "icl"]);
});

test("the numbers of clusters are told by falling probability", () => {
  assert.equal(probabilityText({ probabilities: [[2, 1]] }), "");
  const told = probabilityText({ probabilities: [[1, 0.001], [2, 0.2], [3, 0.799]] });
  assert.match(told, /: 3 clusters with probability 80%, 2 with 20%\.$/);
});

test("far candidates are noticed, and the chosen one always stays in the picture", () => {
  assert.equal(hasFarCandidates(search, "bic"), false);
  const far = { ...search, candidates: [...search.candidates, candidate(1, "spherical", 9000)] };
  assert.equal(hasFarCandidates(far, "bic"), true);
  const [, near] = nearDomain({ ...far, best: 6 }, "bic");
  assert.equal(near, 9000);
});

test("the course of the fit is told in one sentence", () => {
  assert.match(traceText([-200, -150, -149.5]), /From −200\.0 to −149\.5 in 2 iterations.* by 0\.500\.$/);
  assert.match(traceText([-1, -1]), /left it unchanged\.$/);
  assert.match(traceText([-1]), /where it began/);
});

test("uncertainty is put in plain words", () => {
  assert.match(uncertaintyText({ sure: 0.91, mean: 0.03 }), /^91% of the rows .* about 3% of them\.$/);
});
