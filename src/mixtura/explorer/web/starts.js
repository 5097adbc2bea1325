// Where runs begin: responsibilities that no mixture gave, as in mixtura/starts.

import { borrowing } from "./kernel.js";
import { shapeOf, viewOf } from "./gaussians.js";
import { likeliest, writeLabels } from "./assignments.js";

const STARTS = {
  "k-means++": fromSpreadRows,
  random: fromAnyRows,
  "random responsibilities": fromShares,
};

/** Ways to start: from rows that lie apart, from any rows, or from shares drawn for each row. */
export const WAYS = Object.keys(STARTS);

/** Writes the first responsibilities (n x k) by one of WAYS. */
export function startRows(way, kernel, table, shape, random, to) {
  STARTS[way](kernel, table, shape, random, to);
}

/** Greedy k-means++ (Arthur and Vassilvitskii 2007): the best of a few candidates each time. */
function fromSpreadRows(kernel, table, shape, random, to) {
  const candidates = 2 + Math.floor(Math.log(shape.k));
  nearestCenter(kernel, table, shape, { candidates, byDistance: 1 }, random, to);
}

function fromAnyRows(kernel, table, shape, random, to) {
  nearestCenter(kernel, table, shape, { candidates: 1, byDistance: 0 }, random, to);
}

/** Each row belongs to the nearest of k rows, in units of the columns' deviations. */
function nearestCenter(kernel, table, { k, d, structure }, choice, random, to) {
  borrowing(kernel, ({ take, put }) => {
    const rows = put(standardized(kernel, table, structure));
    const uniform = put(random.uniforms(k * choice.candidates));
    const spheres = shapeOf("VII", k, d);
    const mixture = take(spheres.size);
    const centers = take(k * d);
    const work = take(kernel.call.choice_size(table.n, d, k) + k * d);
    const scratch = take(kernel.call.scratch_size(d, k, 0) / 8);
    kernel.call.choose(rows, table.n, d, table.weights, k, choice.candidates, choice.byDistance,
      uniform, centers, work, scratch);
    const parts = viewOf(kernel, spheres, mixture);
    parts.weights.fill(1 / k);
    parts.means.set(kernel.view(centers, k * d));
    parts.whitening.fill(1);
    parts.logDeterminants.fill(0);
    writeLabels(kernel, spheres, likeliest(kernel, spheres, mixture, { ...table, rows }), to);
  });
}

/** Rows in units of the columns' deviations; of one unit for spheres, which look alike in no other. */
function standardized(kernel, { rows, n, d, means, variances }, structure) {
  const mean = variances.reduce((sum, variance) => sum + variance / d, 0);
  const units = variances.map((variance) => Math.sqrt(structure[1] === "I" ? mean : variance));
  return kernel.view(rows, n * d).map((cell, i) => (cell - means[i % d]) / units[i % d]);
}

/** Shares of each row that are drawn alike among all that add up to 1: all components start alike. */
function fromShares(kernel, { n }, { k }, random, to) {
  const numbers = kernel.view(to, n * k);
  for (let i = 0; i < n; i++) {
    const row = numbers.subarray(i * k, (i + 1) * k);
    row.forEach((_, j) => { row[j] = -Math.log(1 - random.uniform()); });
    const sum = row.reduce((total, share) => total + share);
    row.forEach((share, j) => { row[j] = share / sum; });
  }
}
