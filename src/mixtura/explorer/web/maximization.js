// The M-step: the likeliest mixture for responsibilities that are given.

import {
  diagonalsOf, gatherMoments, maximizeCovariances, shapeOf, takeComponents,
} from "./gaussians.js";
import { borrowing } from "./kernel.js";

/**
 * Weights and means; the covariances, with all that belongs to them, are written to `next`.
 *
 * @param {object} kernel
 * @param {object} table
 * @param {object} shape
 * @param {number} assigned    the place of responsibilities (n x k)
 * @param {?number} now        that of the mixture before; null for none
 * @param {number} next
 * @returns {?{weights: Float64Array, means: number[]}} null where the covariances are not regular
 */
export function maximizeMixture(kernel, table, shape, assigned, now, next) {
  return borrowing(kernel, ({ take }) => {
    const moments = gatherMoments(kernel, shape, table, weighted(kernel, table, shape, assigned, take));
    const { live, order } = standIns(moments.count);
    const some = shapeOf(shape.structure, live.length, shape.d);
    const [before, after] = [take(some.size), take(some.size)];
    if (now !== null) takeComponents(kernel, shape, now, live, before);
    const count = picked(moments.count, live, 1);
    const scatter = picked(moments.scatter, live, shape.each);
    const known = now === null ? null : before;
    if (!maximizeCovariances(kernel, some, table.floor, count, scatter, known, after)) return null;
    takeComponents(kernel, some, after, order, next);
    const total = moments.count.reduce((sum, rows) => sum + rows);
    return {
      weights: moments.count.map((rows) => rows / total),
      means: picked(moments.means, order.map((place) => live[place]), shape.d),
    };
  });
}

/**
 * The same of a mixture that is given, whatever its covariances are: they are made to fit the structure
 * and the floor. A component of weight 0 has no say in what all have in common.
 *
 * @returns {boolean} whether the covariances are regular
 */
export function fitCovariances(kernel, table, shape, { weights, covariances }, next) {
  const { k, d, dense, each } = shape;
  const count = weights.map((weight) => table.total * Math.max(weight, 1e-12));
  const own = dense ? covariances : diagonalsOf(covariances, k, d);
  const scatter = own.map((x, i) => count[Math.floor(i / each)] * x);
  return maximizeCovariances(kernel, shape, table.floor, count, scatter, null, next);
}

/** The place of responsibilities times weights. */
function weighted(kernel, { n, weights, equal }, { k }, assigned, take) {
  if (equal) return assigned;
  const place = take(n * k);
  const weight = kernel.view(weights, n);
  const shares = kernel.view(assigned, n * k);
  kernel.view(place, n * k).set(shares.map((share, i) => share * weight[Math.floor(i / k)]));
  return place;
}

/** The components that have rows, and which of those stands for each: as in families/family.py. */
function standIns(count) {
  const live = [...count.keys()].filter((j) => count[j] > 0);
  const heaviest = live.reduce((best, j, place) => (count[j] > count[live[best]] ? place : best), 0);
  const order = [...count].map((rows, j) => (rows > 0 ? live.indexOf(j) : heaviest));
  return { live, order };
}

/** Of an array with `each` numbers for every component, those of some. */
function picked(numbers, components, each) {
  return components.flatMap((j) => [...numbers.subarray(j * each, (j + 1) * each)]);
}
