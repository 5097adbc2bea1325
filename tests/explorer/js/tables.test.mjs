import assert from "node:assert/strict";
import test from "node:test";

import { completeRows, decodeTable, madeTable } from "../../../src/mixtura/explorer/web/columns.js";
import { animals, fourAnimals, herds, SPECIES } from "../../../src/mixtura/explorer/web/tour_tables.js";
import { brief, change, figure, part } from "../../../src/mixtura/explorer/web/numbers.js";

test("cells come column by column, to the last bit", () => {
  const cells = Float64Array.of(0.1, 2, NaN, -1e300, 5, 6);
  const values = Buffer.from(cells.buffer).toString("base64");
  const table = decodeTable({ title: "t", columns: ["a", "b"], n: 3, values, notes: [], rows_total: 3, sampled_from: null });
  assert.deepEqual([...table.column(0)], [0.1, 2, NaN]);
  assert.deepEqual([...table.column(1)], [-1e300, 5, 6]);
});

test("rows that miss a cell of the model's columns are left out, and known by their places", () => {
  const table = madeTable({ title: "t", names: ["a", "b"], columns: [Float64Array.of(1, NaN, 3), Float64Array.of(4, 5, 6)], kinds: null });
  const both = completeRows(table, [1, 0]);
  assert.deepEqual([...both.rows], [4, 1, 6, 3]);
  assert.deepEqual(both.kept, [0, 2]);
  assert.equal(both.leftOut, 1);
  assert.equal(completeRows(table, [1]).n, 3);
});

test("made tables are the same every time, and what they claim to be", () => {
  assert.deepEqual([...animals(50, 7).column(0)], [...animals(50, 7).column(0)]);
  assert.notDeepEqual([...animals(50, 7).column(0)], [...animals(50, 8).column(0)]);
  const many = animals(20000, 1);
  [0, 1].forEach((kind) => {
    const own = [...many.column(0)].filter((_, i) => many.kinds[i] === kind);
    const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
    const variance = own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / own.length;
    assert.ok(Math.abs(own.length / 20000 - SPECIES.weights[kind]) < 0.012);
    assert.ok(Math.abs(mean - SPECIES.means[kind]) < 0.08);
    assert.ok(Math.abs(Math.sqrt(variance) - SPECIES.deviations[kind]) < 0.06);
  });
  assert.equal(new Set(herds(240, 1).kinds).size, 4);
  assert.deepEqual([...fourAnimals().column(0)], [2, 4, 6, 10]);
});

test("numbers are written with a few digits, and shares claim nothing that they are not", () => {
  assert.deepEqual([0, 1.23456, 13977.9, 0.00001234, -2, NaN].map((value) => figure(value)),
    ["0", "1.235", "13,978", "1.234\u00a0×\u00a010⁻⁵", "−2.000", "–"]);
  assert.deepEqual([4, 0.25, 1e-9].map(brief), ["4", "0.25", "1.000\u00a0×\u00a010⁻⁹"]);
  assert.deepEqual([0, 1e-9, 0.25, 1 - 1e-9, 1].map(part), ["0", "<0.001", "0.250", ">0.999", "1"]);
  assert.deepEqual([3.05, -2e-6].map(change), ["+3.05", "−2.00\u00a0×\u00a010⁻⁶"]);
});
