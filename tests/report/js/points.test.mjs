import assert from "node:assert/strict";
import test from "node:test";

import { decodePoints, largestIndex, shuffledOrder, strewn } from "../../../src/mixtura/report/web/points.js";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

test("points are decoded as they were written", () => {
  const points = decodePoints({
    n: 2, rows: base64(new Uint32Array([7, 70000])), minimum: [0, -10], maximum: [1, 10],
    values: base64(new Uint16Array([0, 65534, 32767, 0])),
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

test("strewn rows stay nearest to their own place, the same every time, and keep apart in the plane", () => {
  const values = new Float64Array(400).fill(3);
  const [across, up] = [strewn(values, 0), strewn(values, 1)];
  assert.deepEqual(across, strewn(values, 0));
  assert.ok([...across, ...up].every((value) => Math.round(value) === 3));
  const cells = new Set(Array.from(across, (x, i) => `${Math.floor(20 * x)} ${Math.floor(20 * up[i])}`));
  assert.ok(cells.size > 150, `${cells.size} of 196 cells`);
});
