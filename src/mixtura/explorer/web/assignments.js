// How rows are assigned to components: what mixtura/assignments.py has, by the same names.

import { borrowing } from "./kernel.js";
import { scoreRows } from "./gaussians.js";

/**
 * Each writes responsibilities (n x k) and gives the objective per unit of weight; null for a walk
 * that never settles.
 *
 * @type {Object<string, (kernel: object, seen: object, to: number) => ?number>} seen: table, shape,
 *     mixture, and of the posterior the places of responsibilities and logDensity; temperature, random
 */
const ASSIGNMENTS = {
  soft: assignPosterior,
  hard: assignLikeliest,
  stochastic: assignDrawn,
  tempered: assignTempered,
};

export const ALGORITHMS = Object.keys(ASSIGNMENTS);

export function assignRows(algorithm, kernel, seen, to) {
  return ASSIGNMENTS[algorithm](kernel, seen, to);
}

/** Sum of weight times what a row has, per unit of weight. */
export function weightedMean(kernel, { weights, n, total }, numbers) {
  const weight = kernel.view(weights, n);
  let sum = 0;
  for (let i = 0; i < n; i++) if (weight[i] > 0) sum += weight[i] * numbers[i];
  return sum / total;
}

/** EM (Dempster, Laird and Rubin 1977). */
function assignPosterior(kernel, { table, shape, responsibilities, logDensity }, to) {
  const size = table.n * shape.k;
  kernel.view(to, size).set(kernel.view(responsibilities, size));
  return weightedMean(kernel, table, kernel.view(logDensity, table.n));
}

/** Classification EM (Celeux and Govaert 1992): all of a row to its likeliest component. */
function assignLikeliest(kernel, { table, shape, mixture, responsibilities, logDensity }, to) {
  const { n } = table;
  const labels = likeliest(kernel, shape, mixture, table);
  writeLabels(kernel, shape, labels, to);
  const share = kernel.view(responsibilities, n * shape.k);
  const joint = kernel.view(logDensity, n).map(
    (nats, i) => nats + Math.log(share[i * shape.k + Math.max(0, labels[i])]),
  );
  return weightedMean(kernel, table, joint);
}

/** Stochastic EM (Celeux and Diebolt 1985): one component, drawn from the posterior. */
function assignDrawn(kernel, { table, shape, responsibilities, random }, to) {
  const { n } = table;
  const share = kernel.view(responsibilities, n * shape.k);
  const labels = drawnLabels(share, n, shape.k, random.uniforms(n));
  writeLabels(kernel, shape, labels, to);
  return null;
}

/** Annealed EM (Ueda and Nakano 1998): in proportion to (w_j p_j(x)) to the power 1 / temperature. */
function assignTempered(kernel, { table, shape, mixture, temperature }, to) {
  return borrowing(kernel, ({ take }) => {
    const logDensity = take(table.n);
    const wanted = { logDensity, responsibilities: to };
    scoreRows(kernel, shape, mixture, table, wanted, 1 / temperature);
    return temperature * weightedMean(kernel, table, kernel.view(logDensity, table.n));
  });
}

/** The likeliest component of each row, -1 where none can reach it. */
export function likeliest(kernel, shape, mixture, table) {
  return borrowing(kernel, ({ take }) => {
    const place = take(table.n);
    scoreRows(kernel, shape, mixture, table, { labels: place });
    const numbers = kernel.view(place, table.n);
    const labels = new BigInt64Array(numbers.buffer, place, table.n);
    return Int32Array.from(labels, Number);
  });
}

/** A component for each row from n numbers from 0 to 1, with the probabilities of its row. */
export function drawnLabels(share, n, k, uniform) {
  return Int32Array.from({ length: n }, (_, i) => {
    const cumulative = [];
    for (let j = 0, sum = 0; j < k; j++) cumulative.push((sum += share[i * k + j]));
    const target = uniform[i] * cumulative[k - 1];
    return Math.min(k - 1, cumulative.filter((passed) => passed <= target).length);
  });
}

/** Responsibilities that are 1 at the labels and 0 elsewhere. */
export function writeLabels(kernel, { k }, labels, to) {
  const numbers = kernel.view(to, labels.length * k).fill(0);
  labels.forEach((label, i) => { if (label >= 0) numbers[i * k + label] = 1; });
}
