// A table in the kernel's memory, and what is known of its columns before any model.

import { borrowing } from "./kernel.js";

/** Most columns: see MSTEP_DIMENSIONS in mstep.h. */
export const MOST_COLUMNS = 40;

// Shares as in Python: reg_covar, and what the rounding of a mean can be.
const FLOOR = 1e-6;
const ROUNDING = 4 * 2 ** -52;

/**
 * @param {object} kernel
 * @param {{rows: Float64Array, n: number, d: number, weights?: Float64Array}} table
 * @returns {object} n, d and places: rows (n x d), weights (n), floor (d: least variances); total: of
 *     the weights; means and variances (d); equal: whether all weights are 1
 * @throws {RangeError}
 */
export function placeTable(kernel, { rows, n, d, weights }) {
  checkTable({ rows, n, d, weights });
  const own = weights ?? new Float64Array(n).fill(1);
  const summary = borrowing(kernel, (places) => summaryOf(kernel, { rows, weights: own, n, d }, places));
  const { means, variances } = summary;
  const rounding = means.map((mean) => (ROUNDING * mean) ** 2);
  const constant = variances.findIndex((variance, a) => !(variance > rounding[a]));
  if (constant >= 0) throw new RangeError(`Column ${constant + 1} is constant: leave it out.`);
  const least = variances.map((variance, a) => Math.max(FLOOR * variance, rounding[a]));
  return {
    n, d, ...summary, equal: own.every((weight) => weight === 1),
    rows: kernel.put(rows), weights: kernel.put(own), floor: kernel.put(least),
  };
}

function checkTable({ rows, n, d, weights }) {
  if (!(n >= 2 && d >= 1 && rows.length === n * d)) {
    throw new RangeError(`A table has rows and columns: ${rows.length} numbers are not ${n} x ${d}.`);
  }
  if (d > MOST_COLUMNS) throw new RangeError(`${d} columns are too many: choose ${MOST_COLUMNS}.`);
  if (!rows.every(Number.isFinite)) throw new RangeError("Some cells are no finite numbers.");
  if (weights && !(weights.length === n && weights.every((w) => w >= 0 && w < Infinity))) {
    throw new RangeError("Weights are numbers from 0 up, one for each row.");
  }
}

function summaryOf(kernel, { rows, weights, n, d }, { take, put }) {
  const [count, mean, scatter] = [take(1), take(d), take(d)];
  kernel.call.gather(put(rows), n, d, 1, 0, put(weights), count, mean, scatter);
  const [total] = kernel.view(count, 1);
  if (!(total > 0)) throw new RangeError("No row has a weight above 0.");
  const variances = kernel.view(scatter, d).map((sum) => sum / total);
  return { total, means: kernel.view(mean, d).slice(), variances };
}
