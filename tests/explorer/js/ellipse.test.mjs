import assert from "node:assert/strict";
import test from "node:test";

import { mapped, pull, screenAxes } from "../../../src/mixtura/explorer/web/ellipse.js";

const SPREAD = [[2, 0.6], [0.6, 0.5]];
const SLOPES = [30, -70]; // pixels per unit: the second axis points down

function near(found, wanted, least = 1e-9) {
  assert.equal(found.length, wanted.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) <= least * (1 + Math.abs(wanted[i])), `${found} ${wanted}`));
}

test("axes are across each other, the longer first, and make up the spread", () => {
  const [[ax, ay], [bx, by]] = screenAxes(SPREAD, SLOPES);
  assert.ok(Math.abs(ax * bx + ay * by) < 1e-6);
  assert.ok(Math.hypot(ax, ay) >= Math.hypot(bx, by));
  near([ax * ax + bx * bx, ax * ay + bx * by, ay * ay + by * by], [2 * 900, 0.6 * 30 * -70, 0.5 * 4900]);
});

test("a circle and a line have axes too", () => {
  near(screenAxes([[4, 0], [0, 4]], [1, 1]).flat().map(Math.abs), [2, 0, 0, 2]);
  assert.ok(screenAxes([[1, 1], [1, 1]], [1, 1]).flat().every(Number.isFinite));
});

[0, 1].forEach((which) => test(`axis ${which} goes where it is pulled, the other stays as long`, () => {
  const axes = screenAxes(SPREAD, SLOPES);
  const pulled = [12, -55];
  const map = pull(axes, which, pulled, SLOPES);
  const covariance = mapped(Float64Array.from(SPREAD.flat()), 2, [0, 1], map);
  const inPixels = [[covariance[0] * 900, covariance[1] * -2100], [covariance[2] * -2100, covariance[3] * 4900]];
  const after = screenAxes(inPixels, [1, 1]);
  const lengths = [Math.hypot(...pulled), Math.hypot(...axes[1 - which])].sort((a, b) => b - a);
  near(after.map((axis) => Math.hypot(...axis)), lengths, 1e-6);
  const along = after.find((axis) => Math.abs(Math.hypot(...axis) - Math.hypot(...pulled)) < 1e-6);
  assert.ok(Math.abs(along[0] * pulled[1] - along[1] * pulled[0]) < 1e-6 * Math.hypot(...pulled) ** 2);
}));

test("other columns keep their variances, and the whole stays symmetric", () => {
  const whole = Float64Array.of(2, 0.5, 0.6, 0.5, 3, 0.1, 0.6, 0.1, 0.5);
  const after = mapped(whole, 3, [0, 2], [[2, 0], [0.3, 1]]);
  assert.equal(after[4], 3);
  assert.equal(after[0], 8);
  [[1, 3], [2, 6], [5, 7]].forEach(([a, b]) => assert.equal(after[a], after[b]));
});
