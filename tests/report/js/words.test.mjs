import assert from "node:assert/strict";
import test from "node:test";

import {
  criteriaOf, criterionText, hasFarCandidates, lineEnds, nearDomain, ranked, standings, structureLines,
} from "../../../src/mixtura/report/web/criterion.js";
import { flagMeanings, flagsOf } from "../../../src/mixtura/report/web/flags.js";
import { likeliest, probabilityText } from "../../../src/mixtura/report/web/probabilities.js";
import { radius, startsText } from "../../../src/mixtura/report/web/starts.js";
import { hasCourse, missing, traceText } from "../../../src/mixtura/report/web/trace.js";
import { uncertaintyText } from "../../../src/mixtura/report/web/uncertainty.js";
import { headline, keyFigures, notes } from "../../../src/mixtura/report/web/words.js";

const candidate = (k, structure, bic, aic = bic) => ({
  n_components: k, structure, criteria: { bic, aic, icl: bic, cv: null }, status: "", probability: null,
  standing: bic === null ? "failed" : "finished",
});

const search = {
  criterion: "bic",
  best: 1,
  candidates: [
    candidate(1, "full", 130), candidate(2, "full", 100, 120), candidate(3, "full", null),
    candidate(4, "full", 140), candidate(1, "tied", 135), candidate(2, "tied", 101, 90),
  ],
};

const starts = (ends, failed = 0, caution = null) => ({
  made: ends.reduce((sum, [, times]) => sum + times, failed), found_best: ends[0][1], failed, caution,
  optima: ends.map(([objective, times, agreement]) => ({ objective, times, agreement })),
});

const report = (sure, k = 3) => ({
  data: { rows: 344, rows_used: 342, rows_left_out: 2, total_weight: 342 },
  model: {
    n_components: k, n_parameters: 44, structure: "full", structure_text: "", held: "", prior: "",
  },
  fit: {
    criteria: { bic: 1 }, weight: 342, log_likelihood: -1, converged: true, n_iter: 12, status: "",
    starts: starts([[-1, 4, 1], [-2, 1, 0.5]]),
  },
  uncertainty: { sure, mean: 0.03 },
  search: null,
  notes: [],
});

test("a family without structures is named in its place, and its candidates by their clusters alone", () => {
  const plain = report(0.9);
  Object.assign(plain.model, { structure: "", family: "poisson", family_text: "an expected count" });
  assert.deepEqual(keyFigures(plain)[0], ["Family", "poisson", "an expected count"]);
  const alike = { ...search, candidates: [candidate(1, "", 120), candidate(2, "", 100)] };
  assert.match(criterionText(alike, "bic"), /this report: 2 clusters, chosen by BIC/);
  assert.equal(structureLines(alike, "bic").length, 1);
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
  assert.ok(!known.some(([term]) => ["Held", "Prior", "Noise"].includes(term)));
  const stored = report(0.91);
  stored.fit = {
    criteria: {}, weight: null, log_likelihood: null, converged: null, n_iter: null, status: "", starts: null,
  };
  assert.deepEqual(keyFigures(stored).map(([term]) => term), ["Structure", "Sure rows"]);
});

test("how the fit ended is told once", () => {
  const ended = (fit) => keyFigures({ ...report(0.9), fit: { ...report(0.9).fit, ...fit } })
    .find(([term]) => term === "Fit");
  assert.deepEqual(ended({ status: "converged in 12 iterations: no further gain" }), [
    "Fit", "converged", "in 12 iterations: no further gain"]);
  assert.deepEqual(ended({ status: "converged in 9 iterations: about 6.7e-11 nats per row remain" })[2],
    "in 9 iterations: about 6.7\u00a0×\u00a010⁻¹¹ nats per row remain");
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
  assert.equal(probabilityText({ probabilities: [[2, 1]], candidates: [] }), "");
  const all = { probabilities: [[1, 0.001], [2, 0.2], [3, 0.799]], candidates: [{ standing: "finished" }] };
  assert.match(probabilityText(all), /: 3 clusters with probability 80%, 2 with 20%\.$/);
  const some = { ...all, candidates: [{ standing: "finished" }, { standing: "left behind" }] };
  assert.match(probabilityText(some), /2 with 20%\. Candidates that did not make all .* likelier than shown\.$/);
});

test("far candidates are noticed, and the chosen one always stays in the picture", () => {
  assert.equal(hasFarCandidates(search, "bic"), false);
  const far = { ...search, candidates: [...search.candidates, candidate(1, "spherical", 9000)] };
  assert.equal(hasFarCandidates(far, "bic"), true);
  const [, near] = nearDomain({ ...far, best: 6 }, "bic");
  assert.equal(near, 9000);
});

const course = (trace, remaining = null, rate = null) => (
  { trace, remaining, rate, objective: "log-likelihood" });

test("the course of the fit is told, how far its limit is, and how fast EM is near it", () => {
  assert.equal(traceText(course([-200, -150, -149.5])),
    "The log-likelihood rose from −200.0 to −149.5 in 2 iterations.");
  const told = traceText(course([-200, -150], 2e-8, 0.95));
  assert.match(told, /2\.0.×.10⁻⁸ nats higher, too little to change a figure here\. .* leaves 95% .* overlap\.$/);
  assert.match(traceText(course([-200, -150], 1.5)), / 1\.500 nats higher\.$/);
  assert.match(traceText(course([-1])), /where it began/);
});

test("what is missing counts from the limit, not from where the fit stopped", () => {
  const logs = missing(course([-101, -100.1, -100], 0.1)).map((value) => Math.round(10 * value) / 10);
  assert.deepEqual(logs, [0, -0.7, -1]);
  assert.deepEqual(missing(course([-101, null, -100], 0)).map((v) => v && Math.round(v)), [0, null, null]);
});

test("a random walk and a fit that did not move have no course", () => {
  assert.equal(hasCourse(course([-3, -2, -1.5])), true);
  assert.equal(hasCourse(course([-3, -2, -2, -1])), true); // an accelerated step that was taken back
  assert.equal(hasCourse(course([-3, -1, -2, -1.5])), false);
  assert.equal(hasCourse(course([-1, -1])), false);
  assert.equal(hasCourse(course(null)), false);
});

test("where the starts ended is told with the next best, and a caution where it is due", () => {
  const told = startsText(starts([[-10, 3, 1], [-12.5, 1, 0.64]], 2));
  assert.match(told, /^3 of 6 starts found the best optimum; 1 other was found\./);
  assert.match(told, /next best is 2\.500 nats lower; .* to 0\.64 .* 2 starts ended with a collapsed or spurious cluster/);
  assert.ok(!told.includes("A better one"));
  assert.match(startsText(starts([[-10, 1, 1], [-12, 2, 0.6]], 0, "Only 1")), /A better one may exist/);
  assert.equal(startsText(starts([[-10, 3, 1]])), "3 of 3 starts found the best optimum, and no other was found.");
});

test("a mark has the area of its starts", () => {
  assert.ok(Math.abs(radius(4) ** 2 / radius(1) ** 2 - 4) < 1e-12);
  assert.ok(radius(10000) < 20);
});

test("what holds a fit back is a key figure, and other rows than the model's are owned up to", () => {
  const held = report(0.9);
  Object.assign(held.model, { held: "equal weights", prior: "weak (the criteria are without it)", known: 5 });
  const figures = keyFigures(held);
  assert.ok(figures.some(([term, figure]) => term === "Held" && figure === "equal weights"));
  assert.ok(figures.some(([term, , detail]) => term === "Prior" && detail === "weak (the criteria are without it)"));
  assert.ok(figures.some(([term, figure]) => term === "Known clusters" && figure === "5 rows"));
  held.data.total_weight = 100;
  const [, , detail] = keyFigures(held).find(([term]) => term === "Log-likelihood");
  assert.equal(detail, "of the 342 rows that it was fitted to, not of these");
});

test("noise is in the headline, but is no cluster", () => {
  const noisy = report(0.91);
  noisy.model.noise = { weight: 0.1 };
  assert.equal(headline(noisy), "3 overlapping clusters and noise in 342 rows of");
});

const doubtful = { weights: [0.6, 0.4, 0], collapsed: [1], spurious: [0, 1] };

test("doubtful clusters are flagged, each flag explained once", () => {
  assert.deepEqual([0, 1, 2].map((j) => flagsOf(doubtful, j)), [["spurious"], ["collapsed", "spurious"], ["empty"]]);
  assert.equal(flagMeanings(doubtful).length, 3);
  assert.deepEqual(flagMeanings({ weights: [1], collapsed: [], spurious: [] }), []);
});

const contest = {
  criterion: "bic",
  best: 1,
  candidates: [
    { ...candidate(1, "full", 130), standing: "left behind", probability: 0.001 },
    { ...candidate(2, "full", 100), probability: 0.7 },
    { ...candidate(3, "full", -900), standing: "collapsed" },
    { ...candidate(4, "full", 140), standing: "given up", probability: 0.0001 },
    { ...candidate(5, "full", null), standing: "failed" },
    { ...candidate(2, "tied", 101), probability: 0.2989 },
  ],
};

test("collapsed candidates neither bend the picture nor count as the lowest", () => {
  assert.deepEqual(structureLines(contest, "bic")[0].points.map(({ k }) => k), [1, 2, 4]);
  assert.equal(nearDomain(contest, "bic")[0], 100);
  assert.match(criterionText(contest, "bic"), /It has the lowest BIC\.$/);
});

test("the legend counts how far candidates came", () => {
  assert.deepEqual(standings(contest).map(({ name, count }) => [name, count]), [
    ["finished", 2], ["left behind", 1], ["given up", 1], ["collapsed", 1], ["failed", 1]]);
});

test("the table begins with the chosen one and ends with those without a value", () => {
  assert.deepEqual(ranked(contest), [1, 5, 0, 3, 2, 4]);
  assert.deepEqual(ranked({ ...contest, best: 3 })[0], 3);
});

test("the likeliest models leave out what rounds to nothing", () => {
  const { told, rest } = likeliest(contest);
  assert.deepEqual(told.map(({ probability }) => probability), [0.7, 0.2989]);
  assert.equal(rest, 0);
});

test("names of lines keep apart and inside, however many end at one place", () => {
  const inner = { right: 100, top: 0, bottom: 300 };
  const lines = Array.from({ length: 14 }, (_, i) => (
    { structure: `S${i}`, points: [{ k: 9, value: i < 3 ? -50 : 250 + i }] }));
  const ends = lineEnds(lines, { x: () => 100, y: (value) => value, inner }, 100);
  const heights = ends.map(({ at }) => at).sort((a, b) => a - b);
  assert.ok(heights.every((at, i) => i === 0 || at - heights[i - 1] >= 15.99));
  assert.ok(heights[0] >= 0 && heights.at(-1) <= 300);
  assert.deepEqual(ends.slice(0, 4).map(({ text }) => text), ["S0 ↑", "S1 ↑", "S2 ↑", "S3"]);
});

test("uncertainty is put in plain words", () => {
  assert.match(uncertaintyText({ sure: 0.91, mean: 0.03 }), /^91% of the rows .* about 3% of them\.$/);
});
