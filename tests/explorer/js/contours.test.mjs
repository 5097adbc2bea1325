import assert from "node:assert/strict";
import test from "node:test";

import { contour, contourLevels } from "../../../src/mixtura/explorer/web/contours.js";

const SIZE = 41;
const bowl = Float64Array.from({ length: SIZE * SIZE }, (_, at) => {
  const [x, y] = [(at % SIZE) - 20, Math.floor(at / SIZE) - 20];
  return Math.exp(-(x * x + y * y) / 100);
});

test("lines lie at their height", () => {
  const level = Math.exp(-1); // at a radius of ten steps
  const ends = contour(bowl, SIZE, SIZE, level);
  for (let at = 0; at < ends.length; at += 2) {
    assert.ok(Math.abs(Math.hypot(ends[at] - 20, ends[at + 1] - 20) - 10) < 0.02);
  }
});

test("a line around a hill is closed: each end is the end of two pieces", () => {
  const ends = contour(bowl, SIZE, SIZE, 0.5);
  const times = new Map();
  for (let at = 0; at < ends.length; at += 2) {
    const place = [ends[at], ends[at + 1]].map((value) => value.toFixed(9)).join();
    times.set(place, (times.get(place) ?? 0) + 1);
  }
  assert.ok(times.size > 20);
  assert.ok([...times.values()].every((count) => count === 2));
});

test("saddles are crossed by two lines, and flat ground by none", () => {
  assert.equal(contour([1, 0, 0, 1], 2, 2, 0.5).length, 8);
  assert.equal(contour([1, 1, 1, 1], 2, 2, 1).length, 0);
});

test("levels rise by one factor below the top", () => {
  const levels = contourLevels(bowl);
  const factors = levels.slice(1).map((level, i) => level / levels[i]);
  assert.ok(levels.every((level) => level > 0 && level < 1));
  factors.forEach((factor) => assert.ok(Math.abs(factor - factors[0]) < 1e-9));
});

test("a spike on a few places does not hide the hills", () => {
  const spiked = bowl.slice();
  spiked[5] = 1e9;
  assert.ok(contourLevels(spiked).every((level) => level < 1));
});
