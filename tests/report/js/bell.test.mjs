import assert from "node:assert/strict";
import test from "node:test";

import {
  bellHistogram, density, densityGrid, ellipse, histogramBins, pairOf,
} from "../../../src/mixtura/report/web/bell.js";

test("every corner of an ellipse has the Mahalanobis distance asked for", () => {
  const [[a, b], [, c]] = [[4, 1.5], [1.5, 1]];
  ellipse([10, -3], [[a, b], [b, c]], 2).forEach(([x, y]) => {
    const [u, v] = [x - 10, y + 3];
    const squared = (c * u * u - 2 * b * u * v + a * v * v) / (a * c - b * b);
    assert.ok(Math.abs(squared - 4) < 1e-9);
  });
});

test("degenerate spreads give finite outlines", () => {
  for (const matrix of [[[0, 0], [0, 0]], [[1, 1], [1, 1]], [[0, 0], [0, 2]]]) {
    assert.ok(ellipse([0, 0], matrix, 1).flat().every(Number.isFinite));
  }
});

test("a pair has its own entries of the spreads, or the deviations along the axes", () => {
  const marginals = [{ mean: [1], deviation: [2] }, { mean: [5], deviation: [3] }, { mean: [9], deviation: [4] }];
  const spreads = [[[4, 12, 13], [12, 9, 23], [13, 23, 16]]];
  assert.deepEqual(pairOf({ marginals, spreads }, 0, [2, 0]), { mean: [9, 1], spread: [[16, 13], [13, 4]] });
  assert.deepEqual(pairOf({ marginals, spreads: null }, 0, [2, 0]), { mean: [9, 1], spread: [[16, 0], [0, 4]] });
});

test("densities add up to one, narrow peaks included", () => {
  for (const sd of [1, 0.001]) {
    const xs = densityGrid([-8, 8], [0.0137], [sd]);
    const area = xs.slice(1).reduce((sum, x, i) => (
      sum + ((x - xs[i]) * (density(x, 0.0137, sd) + density(xs[i], 0.0137, sd))) / 2), 0);
    assert.ok(Math.abs(area - 1) < 0.01, `${sd}: ${area}`);
  }
});

test("bins hold every value once", () => {
  const values = Float64Array.from({ length: 500 }, (_, i) => Math.sin(i) * 3);
  for (const set of [values, Float64Array.of(5), Float64Array.of(1, 1, 1)]) {
    const ends = [Math.min(...set) - 1, Math.max(...set) + 1];
    const bins = histogramBins(set, ends);
    const members = bins.flatMap((bin) => bin.inside).sort((a, b) => a - b);
    assert.deepEqual(members, Array.from(set, (_, i) => i));
    assert.ok(bins.length >= 8 && bins.length <= 60);
    bins.forEach(({ low, high, inside }) => inside.forEach((i) => {
      assert.ok(set[i] >= low - 1e-9 && set[i] <= high + 1e-9);
    }));
  }
});

test("a histogram holds all rows, and its curves integrate to one", () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i / 10);
  const shape = bellHistogram(values, [0, 9.9], { mean: [4, 5], deviation: [1, 0] }, String);
  assert.equal(shape.bins.flatMap(({ inside }) => inside).length, 100);
  assert.match(shape.bins[0].title, /^0 to /);
  assert.ok(shape.each.flat().every(Number.isFinite));
  const area = shape.xs.slice(1).reduce((sum, x, i) => sum + (x - shape.xs[i]) * shape.each[0][i], 0);
  assert.ok(Math.abs(area - 1) < 0.01);
});
