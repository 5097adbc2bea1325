import assert from "node:assert/strict";
import test from "node:test";

import { gapsText, missingParagraphs } from "../../../src/mixtura/report/web/missing.js";
import { saying } from "../../../src/mixtura/report/web/patterns.js";
import { decodePoints, strewn } from "../../../src/mixtura/report/web/points.js";
import { gapsOf } from "../../../src/mixtura/report/web/scatter.js";
import { keyFigures } from "../../../src/mixtura/report/web/words.js";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

test("one code stands for a missing cell, and the one below it for the maximum", () => {
  const points = decodePoints({
    n: 2, rows: base64(new Uint32Array([1, 2])), minimum: [-3], maximum: [5],
    values: base64(new Uint16Array([65535, 65534])), responsibilities: base64(new Uint8Array([255, 255])),
  });
  assert.deepEqual([...points.column(0)], [NaN, 5]);
  assert.deepEqual(strewn(points.column(0), 0).findIndex(Number.isNaN), 0);
});

test("rows are told apart by which of two values they miss", () => {
  assert.deepEqual(gapsOf([1, NaN, 3, NaN], [1, 2, NaN, NaN]), { across: [1], up: [2], both: [3] });
  assert.deepEqual(gapsOf([1], [1]), { across: [], up: [], both: [] });
});

test("under a picture stands what its rows miss, and nothing where they miss nothing", () => {
  assert.equal(gapsText([[1, 2]], ["a"]), "");
  assert.equal(gapsText([[1], [2]], ["a", "b"]), "");
  assert.equal(gapsText([[1, NaN]], ["a"]), "1 row without a value of a is left out.");
  assert.equal(gapsText([[NaN, NaN]], ["a"]), "2 rows without a value of a are left out.");
  assert.equal(gapsText([[1, NaN, NaN], [NaN, 2, NaN]], ["a", "b"]),
    "A short line in a margin is a row that misses one of the two values (2 rows). "
    + "1 row misses both values and is not drawn.");
  assert.equal(gapsText([[NaN, NaN], [NaN, NaN]], ["a", "b"]), "2 rows miss both values and are not drawn.");
});

const missing = {
  cells_in_all: 1234, columns: 2, rows: 11, empty: 0, of: 344, uncertainty: 0.2, uncertainty_complete: 0.03, certain: false,
};
const columns = [{ name: "few", missing: 34 }, { name: "none", missing: 0 }, { name: "many", missing: 1200 }];
const told = (changes, those = columns) => missingParagraphs({ ...missing, ...changes }, those)
  .map((parts) => parts.map((part) => part.name ?? part).join(""));

test("missing cells are counted by column, the most first", () => {
  const [counts, meaning, sure] = told({});
  assert.equal(counts, "1234 cells are missing in 11 of 344 rows: many 1200, few 34.");
  assert.match(meaning, /missing at random: .*observed in its row, but not on the missing value itself/);
  assert.equal(sure, "The mean uncertainty of rows with missing cells is 20%, that of complete rows 3%.");
});

test("where rows have weights, each is counted once", () => {
  assert.match(told({ weighted: true })[0], / in 11 of 344 rows, each counted once: many/);
});

test("names of columns are kept apart from the words around them", () => {
  const [counts] = missingParagraphs(missing, columns);
  assert.ok(counts.includes(columns[2]));
});

test("of many columns the first twelve are named, and the others counted", () => {
  const many = Array.from({ length: 20 }, (_, c) => ({ name: `c${c}`, missing: 1 }));
  const [counts] = told({ cells_in_all: 30, columns: 30 }, many);
  assert.match(counts, /c10 1, c11 1 and 18 in 18 other columns\.$/);
});

test("rows without any cell are told of", () => {
  assert.match(told({ empty: 1 })[0], / 1 row has no cell at all: it tells the fit nothing, and belongs to /);
  assert.match(told({ empty: 2 })[0], / 2 rows have no cell at all: they tell the fit nothing, and belong to /);
});

test("uncertainties are told as far as there are any", () => {
  assert.equal(told({ certain: true }).length, 2);
  assert.equal(told({ uncertainty: null }).length, 2);
  assert.match(told({ uncertainty_complete: null })[2], /missing cells is 20%\.$/);
});

test("a pattern says which cells are missing, of columns of zeros and ones too", () => {
  const named = (name) => ({ name, format: (value) => (Number.isNaN(value) ? "missing" : String(value)) });
  const zeros = { levels: ["0", "1"] };
  const values = [NaN, 1, 0];
  assert.deepEqual(saying(["a", "b", "c"].map(named), [zeros, zeros, zeros], (c) => values[c]),
    [["a", "missing"], ["b"]]);
});

test("key figures count the missing cells, and rows without any need not count in the fit", () => {
  const report = {
    data: { rows: 344, rows_used: 344, rows_left_out: 0, total_weight: 344 },
    model: { n_components: 2, n_parameters: 4, structure: "full", structure_text: "", held: "", prior: "", known: 0 },
    fit: { criteria: {}, weight: 342, log_likelihood: -1, converged: null, n_iter: 1, status: "", starts: null },
    uncertainty: { sure: 0.5 },
    missing: { cells_in_all: 19, rows: 11, empty: 2, empty_weight: 2 },
  };
  const figure = (changes, name) => keyFigures({ ...report, ...changes }).find(([term]) => term === name);
  assert.deepEqual(figure({}, "Missing cells"),
    ["Missing cells", "19", "in 11 of 344 rows; 2 of them have no cell at all"]);
  assert.equal(figure({}, "Log-likelihood")[2], "of the 342 rows with any cell");
  assert.equal(figure({ fit: { ...report.fit, weight: 344 } }, "Log-likelihood")[2], "of all 344 rows");
  assert.match(figure({ fit: { ...report.fit, weight: 300 } }, "Log-likelihood")[2], /^of the 300 rows that/);
  assert.equal(figure({ missing: null }, "Missing cells"), undefined);
  assert.match(figure({ missing: null }, "Log-likelihood")[2], /^of the 342 rows that/);
});
