import assert from "node:assert/strict";
import test from "node:test";

import {
  criteriaOf, criterionText, hasFarCandidates, leftOut, leftOutText, lineEnds, nearDomain, ranked, runOf, standings,
  structureLines,
} from "../../../src/mixtura/report/web/criterion.js";
import { flagMeanings, flagsOf } from "../../../src/mixtura/report/web/flags.js";
import { likeliest, probabilityText } from "../../../src/mixtura/report/web/probabilities.js";
import { radius, startsText } from "../../../src/mixtura/report/web/starts.js";
import { hasCourse, missing, traceText } from "../../../src/mixtura/report/web/trace.js";
import { uncertaintyText } from "../../../src/mixtura/report/web/uncertainty.js";
import { certaintyText, headline, keyFigures, notes } from "../../../src/mixtura/report/web/words.js";

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
  optima: ends.map(([objective, times, agreement, moved = 1 - agreement, ways = ["k-means"]]) => (
    { objective, times, agreement, moved, ways })),
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

test("earlier model files do not say how many rows are in other clusters", () => {
  const told = startsText(starts([[-10, 3, 1, null, []], [-12.5, 1, 0.64, null, []]]));
  assert.match(told, /2\.500 nats lower; its clusters agree with the best ones to 0\.64 \(1 is the same, 0 is chance\)\.$/);
});

const found = (made) => keyFigures({ ...report(0.9), fit: { ...report(0.9).fit, starts: made } })
  .find(([term]) => term === "Best solution found by");

test("who found the best solution is told with the kinds of starts, and what that means for the rows", () => {
  assert.deepEqual(found(starts([[-1, 4, 1, 0, ["splits", "merges", "rows"]]])), [
    "Best solution found by", "4 of 4 starts", "of 3 kinds: splits, merges, rows; no other found"]);
  const [, , doubt] = found(starts([[-1, 1, 1], [-2, 3, 0.7, 0.123]], 1, "But 1 of 5 did."));
  assert.equal(doubt, "1 other found; 1 not sound; the next best has 12% of the rows in other clusters");
  assert.deepEqual(found(starts([[-1, 1, 1]])).slice(1), ["a single start", "the only one that was made"]);
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

test("at the limit numbers have no probabilities", () => {
  const limit = { criterion: "icl", n_components: 9, structure: "VVV" };
  const told = probabilityText({ probabilities: [[8, 0.001], [9, 0.999]], candidates: [], limit });
  assert.match(told, /^9 or more: 9 was the largest number tried of VVV, and has the lowest ICL\. /);
  assert.ok(!told.includes("%"));
  assert.match(probabilityText({ limit: { ...limit, structure: "" } }), /largest number tried, and has/);
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
  const told = startsText(starts([[-10, 3, 1], [-12.5, 1, 0.64, 0.2]], 2));
  assert.match(told, /^3 of 6 starts found the best optimum; 1 other was found\./);
  assert.match(told, /next best is 2\.500 nats lower, with 20% of the rows in other clusters\. 2 starts ended with a coll/);
  const alone = startsText(starts([[-10, 1, 1], [-12, 2, 0.6]], 0, "But 1 of 3 did."));
  assert.equal(alone, "But 1 of 3 did. In all 1 other was found.");
  assert.match(startsText(starts([[-10, 3, 1], [-11, 1, 0.9, 0]])), /1\.000 nats lower, with the same clusters\.$/);
  const kinds = startsText(starts([[-10, 3, 1, 0, ["splits", "rows"]], [-11, 1, 0.9, 0.05]]));
  assert.match(kinds, /^3 of 4 starts, of 2 kinds \(splits, rows\), found the best optimum; /);
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

test("rows of a weighted table count as often as their weights say", () => {
  const weighted = report(0.91);
  Object.assign(weighted.data, { weighted: true, rows_used: 24, total_weight: 12201 });
  assert.equal(headline(weighted), "3 overlapping clusters in 24 rows with a weight of 12,201 of");
  const told = "All figures and pictures count every row as often as its weight says";
  assert.deepEqual(notes(weighted, 12201), [`${told}.`]);
  assert.deepEqual(notes(weighted, 500), [`${told}; the pictures draw 500 points.`]);
});

test("the report of a large table says what is a sample and what is not", () => {
  const large = report(0.91);
  Object.assign(large.data, { rows: 200, rows_used: 200, rows_left_out: 0, total_weight: 200, sampled_from: 90000 });
  large.fit.weight = 90000;
  assert.equal(headline(large), "3 overlapping clusters in 90,000 rows of");
  const [, , likelihood] = keyFigures(large);
  assert.deepEqual(likelihood, ["Log-likelihood", "−1.000", "of all 90,000 rows"]);
  const told = "The figures of the fit are those of all 90,000 rows; sizes, shares and pictures of rows show a sample "
    + "of 200, chosen at random";
  assert.deepEqual(notes(large, 200), [`${told}.`]);
  assert.deepEqual(notes(large, 50), [`${told}, of which the picture draws 50.`]);
  large.data.weighted = true;
  assert.equal(headline(large), "3 overlapping clusters in 90,000 rows with a weight of 90,000 of");
});

test("candidates that were compared on a sample say so", () => {
  assert.match(criterionText({ ...search, n_sample: 50 }, "bic"), /among 5 candidates on a sample of 50 rows; its/);
  assert.doesNotMatch(criterionText({ ...search, n_sample: null }, "bic"), /sample/);
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

const out = (k, structure, why) => (
  { ...candidate(k, structure, null), standing: "left out", status: `left out: ${why}` });

const grown = {
  ...contest,
  candidates: [
    out(6, "tied", "behind"), ...contest.candidates, { ...candidate(3, "tied", -700), standing: "spurious" },
    out(7, "full", "not sound"), out(9, "full", "not sound"), out(8, "full", "not sound"), out(4, "tied", "behind"),
  ],
  best: 2,
};

test("spurious candidates are as little compared as collapsed ones, and told apart", () => {
  assert.deepEqual(structureLines(grown, "bic").map(({ points }) => points.length), [1, 3]);
  assert.equal(nearDomain(grown, "bic")[0], 100);
  assert.match(criterionText(grown, "bic"), /among 4 candidates\. It has the lowest BIC\.$/);
  assert.deepEqual(standings(grown).map(({ name, count }) => [name, count]), [
    ["finished", 2], ["left behind", 1], ["given up", 1], ["collapsed", 1], ["spurious", 1], ["left out", 5],
    ["failed", 1]]);
});

test("a chosen candidate that is not sound counts itself", () => {
  const none = { ...contest, best: 0, candidates: [contest.candidates[2], contest.candidates[4]] };
  assert.match(criterionText(none, "bic"), /among 1 candidate\./);
});

test("what was left out comes last, with its structure and its reason once", () => {
  assert.deepEqual(ranked(grown), [2, 6, 1, 4, 3, 7, 5, 0, 8, 9, 10, 11]);
  assert.deepEqual(leftOut(grown), [[0, 11], [8, 9, 10]]);
  assert.equal(leftOutText(grown, "full"), "7 to 9 clusters left out: not sound");
  assert.equal(leftOutText(grown, "tied"), "4, 6 clusters left out: behind");
  assert.equal(leftOutText(grown, "other"), "");
  assert.deepEqual([[3], [8, 9], [5, 6, 7], [2, 4, 6]].map(runOf), ["3", "8, 9", "5 to 7", "2, 4, 6"]);
});

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

test("the first sentence tells how sure the rows are", () => {
  const told = (n, sure, more = {}) => certaintyText({
    model: { n_components: n, noise: null, ...more.model }, uncertainty: { sure, mean: 0.04 }, fit: { converged: true, ...more.fit },
  });
  assert.match(told(3, 0.82), /^82% of the rows belong to one cluster with a probability above 0\.95; .* is 4%\.$/);
  assert.match(told(3, 0.82, { model: { noise: {} } }), /to one cluster, or to noise/);
  assert.equal(told(1, 1), "All rows belong to the one cluster.");
  assert.match(told(2, 0.5, { fit: { converged: false } }), /did not converge\.$/);
});
