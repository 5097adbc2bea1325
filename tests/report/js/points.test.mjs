import assert from "node:assert/strict";
import test from "node:test";

import {
  density, densityGrid, deviation, ellipse, histogramBins, marginal,
} from "../../../src/mixtura/report/web/gaussian.js";
import { decodePoints, largestIndex, shuffledOrder } from "../../../src/mixtura/report/web/points.js";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

test("points are decoded as they were written", () => {
  const points = decodePoints({
    n: 2, rows: base64(new Uint32Array([7, 70000])), minimum: [0, -10], maximum: [1, 10],
    values: base64(new Uint16Array([0, 65535, 32768, 0])),
    responsibilities: base64(new Uint8Array([255, 0, 51, 204])),
  });
  assert.deepEqual([points.n, points.d, points.k], [2, 2, 2]);
  assert.deepEqual(points.row, [7, 70000]);
  assert.equal(points.value(0, 0), 0);
  assert.equal(points.value(0, 1), 10);
  assert.ok(Math.abs(points.value(1, 0) - 0.5) < 1e-5);
  assert.deepEqual([...points.column(1)], [10, -10]);
  assert.deepEqual(points.shares(1), [0.2, 0.8]);
});

test("a constant column keeps its value", () => {
  const points = decodePoints({
    n: 1, rows: base64(new Uint32Array([1])), minimum: [7.25], maximum: [7.25],
    values: base64(new Uint16Array([0])), responsibilities: base64(new Uint8Array([255])),
  });
  assert.equal(points.value(0, 0), 7.25);
});

test("the largest of several is found, the first of equals", () => {
  assert.equal(largestIndex([0.1, 0.7, 0.2]), 1);
  assert.equal(largestIndex([0.5, 0.5]), 0);
});

test("the drawing order is a shuffle, the same every time", () => {
  const order = shuffledOrder(1000);
  assert.deepEqual(order, shuffledOrder(1000));
  assert.deepEqual([...order].sort((a, b) => a - b), order.map((_, i) => i));
  assert.notDeepEqual(order.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("every corner of an ellipse has the Mahalanobis distance asked for", () => {
  const [[a, b], [, c]] = [[4, 1.5], [1.5, 1]];
  ellipse([10, -3], [[a, b], [b, c]], 2).forEach(([x, y]) => {
    const [u, v] = [x - 10, y + 3];
    const squared = (c * u * u - 2 * b * u * v + a * v * v) / (a * c - b * b);
    assert.ok(Math.abs(squared - 4) < 1e-9);
  });
});

test("degenerate covariances give finite outlines", () => {
  for (const matrix of [[[0, 0], [0, 0]], [[1, 1], [1, 1]], [[0, 0], [0, 2]]]) {
    assert.ok(ellipse([0, 0], matrix, 1).flat().every(Number.isFinite));
  }
});

test("a marginal picks the rows and columns asked for", () => {
  const model = { means: [[1, 2, 3]], covariances: [[[11, 12, 13], [12, 22, 23], [13, 23, 33]]] };
  assert.deepEqual(marginal(model, 0, [2, 0]), { mean: [3, 1], covariance: [[33, 13], [13, 11]] });
  assert.equal(deviation({ covariances: [[[9]]] }, 0, 0), 3);
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
