import assert from "node:assert/strict";
import test from "node:test";

import { along, curveHistogram } from "../../../src/mixtura/report/web/curve.js";

test("a density runs straight between its places, and is nothing beyond", () => {
  const [places, densities] = [[1, 2, 4], [0, 1, 0]];
  assert.deepEqual([0.5, 1, 1.5, 2, 3, 4, 4.5].map((x) => along(places, densities, x)), [0, 0, 0.5, 1, 0.5, 0, 0]);
});

test("every cluster's density is drawn through its own places, its number at the peak", () => {
  const marginal = { mean: [2, 90], values: [1, 2, 4], densities: [[0, 1, 0], [0, 0, 0]] };
  const { domain, bins, xs, each, peaks, dots } = curveHistogram([1, 2, 3, 4], [1, 4], marginal, String);
  assert.ok(domain[0] < 1 && domain[1] > 4);
  assert.equal(bins.reduce((rows, { inside }) => rows + inside.length, 0), 4);
  assert.ok(xs.includes(2) && xs.every((x, i) => i === 0 || x >= xs[i - 1]));
  assert.equal(Math.max(...each[0]), 1);
  assert.deepEqual([peaks, dots], [[2, 90], false]);
});
