import assert from "node:assert/strict";
import test from "node:test";

import { levelFormat, levelKinds, shownLevel } from "../../../src/mixtura/report/web/levels.js";
import { commonest, hasPatterns, patternText, saying } from "../../../src/mixtura/report/web/patterns.js";
import {
  hasMoreProfiles, levelPlaces, profileText, shownClusters,
} from "../../../src/mixtura/report/web/profiles.js";

const shares = (levels, ...probabilities) => ({ kind: "shares", levels, probabilities });
const colour = shares(["red", "green", "blue"], [0.2, 0.7, 0.1], [0.5, 0.2, 0.3]);
const sex = shares(["female", "male"], [0.9, 0.1]);
const flag = shares(["0", "1"], [0.9, 0.1]);

test("the likeliest level stands for a column, of two the second", () => {
  assert.deepEqual(shownLevel(colour, 0), { text: "green", probability: 0.7 });
  assert.deepEqual(shownLevel(colour, 1), { text: "red", probability: 0.5 });
  assert.deepEqual(shownLevel(sex, 0), { text: "male", probability: 0.1 });
  assert.deepEqual(shownLevel(flag, 0), { text: "", probability: 0.1 });
});

test("the words that fit follow from the levels", () => {
  assert.deepEqual([colour, sex, flag, { kind: "bell" }].flatMap(levelKinds), [
    "many-levels", "two-levels", "zeros-and-ones"]);
});

test("values are named by their levels", () => {
  assert.equal(levelFormat(colour)(1.99999), "blue");
});

const wide = (columns, clusters) => ({
  marginals: Array.from({ length: columns }, () => colour), ranking: [...Array(columns).keys()].reverse(),
  weights: Array.from({ length: clusters }, (_, j) => j), n_components: clusters,
});

test("profiles have the columns of levels alone, that which separates best first", () => {
  assert.deepEqual(levelPlaces({ marginals: [sex, { kind: "bell" }, colour], ranking: [1, 2, 0] }), [2, 0]);
});

test("what profiles leave out is told", () => {
  assert.equal(profileText(wide(12, 12), false), "");
  assert.equal(hasMoreProfiles(wide(12, 12)), false);
  assert.match(profileText(wide(13, 14), false), /first 12 of 13 columns .* 12 heaviest of 14 clusters/);
  assert.equal(profileText(wide(13, 3), true), "");
  assert.deepEqual(shownClusters(wide(1, 14)), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
});

const cells = [[0, 1], [2, 0], [0, 1], [1, 1], [2, 0], [0, 1]];
const points = { n: 6, minimum: [0, 0], value: (i, c) => cells[i][c] + 1e-6 };
const columns = [
  { name: "colour", kind: "shares", format: levelFormat(colour) }, { name: "smokes", kind: "shares", format: String },
];

test("the commonest rows are counted, single ones left out", () => {
  assert.deepEqual(commonest(points), [{ row: 0, count: 3 }, { row: 1, count: 2 }]);
  assert.equal(patternText(points), "83% of the rows are like one of these 2.");
  assert.equal(hasPatterns(columns, points), true);
  assert.equal(hasPatterns([...columns, { kind: "mass" }], points), false);
  assert.equal(hasPatterns(Array(13).fill(columns[0]), points), false);
});

test("rows say their levels, and name what is 1", () => {
  const told = (i) => saying(columns, [colour, flag], (c) => points.value(i, c));
  assert.deepEqual(told(0), [["colour", "red"], ["smokes"]]);
  assert.deepEqual(told(1), [["colour", "blue"]]);
  assert.deepEqual(saying([columns[1]], [flag], () => 0), [["all 0"]]);
});
