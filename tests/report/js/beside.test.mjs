import assert from "node:assert/strict";
import test from "node:test";

import { commonestLevels } from "../../../src/mixtura/report/web/beside.js";
import { rowsText } from "../../../src/mixtura/report/web/components.js";
import { decodeLevels } from "../../../src/mixtura/report/web/points.js";

test("few levels stay as they are, of many the commonest and the rest as one", () => {
  const few = { levels: ["a", "b"], counts: [[1, 2], [3, 4]] };
  assert.deepEqual(commonestLevels(few), few);
  const levels = Array.from({ length: 20 }, (_, l) => `l${l}`);
  const counts = levels.map((_, l) => [l, 1]);
  const shown = commonestLevels({ levels, counts });
  assert.equal(shown.levels.length, 12);
  assert.deepEqual(shown.levels.slice(0, 2), ["l9", "l10"]);
  assert.equal(shown.levels.at(-1), "(9 other levels)");
  assert.deepEqual(shown.counts.at(-1), [36, 9]);
  const total = (rows) => rows.flat().reduce((sum, count) => sum + count, 0);
  assert.equal(total(shown.counts), total(counts));
});

test("levels of drawn rows are decoded, and missing cells are null", () => {
  const codes = Buffer.from([1, 0, 255]).toString("base64");
  const { level } = decodeLevels({ name: "Origin", levels: ["USA", "Japan"] }, codes);
  assert.deepEqual([0, 1, 2].map(level), ["Japan", "USA", null]);
});

test("moments of the rows are told where they differ by more than a tenth", () => {
  const column = { formatMoment: (value) => value.toFixed(1) };
  const model = (mean, deviation) => ({
    marginals: [{ kind: "bell", mean: [5], deviation: [2] }], rows: { mean: [[mean]], deviation: [[deviation]] },
  });
  assert.equal(rowsText(model(5.1, 2.1), column, 0, 0), "");
  assert.equal(rowsText(model(5.1, 3.0), column, 0, 0), "rows 5.1 ± 3.0");
  assert.equal(rowsText(model(6.0, 2.0), column, 0, 0), "rows 6.0 ± 2.0");
  assert.equal(rowsText(model(null, null), column, 0, 0), "");
});
