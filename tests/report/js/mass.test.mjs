import assert from "node:assert/strict";
import test from "node:test";

import { countBins, massHistogram } from "../../../src/mixtura/report/web/mass.js";

test("few whole numbers have a bar each, and bars of many hold equally many", () => {
  const each = countBins([2, 5, 2, 3], [2, 5], String);
  assert.deepEqual(each.map(({ title }) => title), ["2", "3", "4", "5"]);
  assert.deepEqual(each.map(({ inside }) => inside), [[0, 2], [3], [], [1]]);
  assert.deepEqual([each[0].low, each[3].high], [1.5, 5.5]);
  const wide = countBins([0, 1, 150], [0, 150], String);
  assert.equal(wide.length, 51);
  assert.ok(wide.every(({ low, high }) => high - low === 3));
  assert.deepEqual([wide[0].title, wide[0].inside, wide[50].inside], ["0 to 2", [0, 1], [2]]);
});

test("values that lost a little to their quantisation keep their bar", () => {
  assert.deepEqual(countBins([2.99999, 3.00001], [0, 3], String)[3].inside, [0, 1]);
});

const marginal = {
  mean: [1.2, 40], deviation: [1, 6], values: [0, 1, 2, 3],
  probabilities: [[0.3, 0.4, 0.2, 0.1], [0, 0, 0, 0]],
};

test("mass functions are shown within the picture, each with its highest mass", () => {
  const { xs, each, peaks, width, dots } = massHistogram([0, 1, 2], [0, 2], marginal, String);
  assert.deepEqual([xs, width, dots], [[0, 1, 2], 1, true]);
  assert.deepEqual(each[0], [0.3, 0.4, 0.2]);
  assert.equal(peaks[0], 1);
});

test("a picture without any of the mass leaves its cluster's number outside", () => {
  const { xs, peaks } = massHistogram([90, 91], [90, 91], marginal, String);
  assert.deepEqual([xs, peaks], [[], [1.2, 40]]);
});
