import assert from "node:assert/strict";
import test from "node:test";

import { apart } from "../../../src/mixtura/report/web/labels.js";

const frame = { left: 0, right: 400, top: 0, bottom: 300 };

function closest(places) {
  let least = Infinity;
  places.forEach(([x, y], i) => places.slice(0, i).forEach(([u, v]) => {
    least = Math.min(least, Math.hypot(x - u, y - v));
  }));
  return least;
}

test("labels that cover nothing stay where they are", () => {
  const wanted = [[50, 50], [90, 50], [200, 250]];
  assert.deepEqual(apart(wanted, 10, frame), wanted);
});

test("thirty labels at one place end apart and inside", () => {
  const places = apart(Array.from({ length: 30 }, () => [395, 5]), 7.5, frame);
  assert.ok(closest(places) >= 15);
  assert.ok(places.every(([x, y]) => x >= 7.5 && x <= 392.5 && y >= 7.5 && y <= 292.5));
});

test("a label goes no further than it must", () => {
  const places = apart([[100, 100], [104, 100]], 10, frame);
  assert.ok(closest(places) >= 20 && closest(places) < 22);
  assert.ok(Math.abs((places[0][0] + places[1][0]) / 2 - 102) < 1e-9);
});
