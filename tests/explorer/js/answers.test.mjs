import assert from "node:assert/strict";
import test from "node:test";

import { isNear, readNumber } from "../../../src/mixtura/explorer/web/answers.js";

test("numbers are read as people write them", () => {
  const wanted = [
    ["0.4", 0.4], ["0,4", 0.4], [".4", 0.4], ["2/5", 0.4], ["4/10", 0.4], ["40%", 0.4], ["40 %", 0.4], ["−861,3", -861.3],
    ["-1,130.3", -1130.3], ["1,130", 1130], ["0,405", 0.405], ["4.0e-1", 0.4], [" 12 ", 12], ["+3", 3],
  ];
  wanted.forEach(([text, number]) => assert.ok(Math.abs(readNumber(text) - number) < 1e-12, text));
});

test("what is no number is none", () => {
  ["", "p", "1/2/3", "two", "1.2.3", "%", "1,2,3"].forEach((text) => assert.ok(Number.isNaN(readNumber(text)), text));
});

test("the tolerance belongs to what is near, and nothing beyond it", () => {
  assert.ok(isNear(0.405, 0.4, 0.005));
  assert.ok(!isNear(0.4051, 0.4, 0.005));
  assert.ok(isNear(4, 4, 0));
  assert.ok(!isNear(NaN, 4, 1));
});
