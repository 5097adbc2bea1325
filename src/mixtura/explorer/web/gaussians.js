// Gaussian components in the kernel's memory, and what it makes of them and of rows.
//
// A mixture is a block of numbers there: weights (k), means (k x d), covariances, their whitening
// factors (k x d x d each, or k x d where there is no orientation) and log-determinants (k).

import { borrowing } from "./kernel.js";
import { isDense, tiesOf } from "./structures.js";

/** How many numbers the parts of a mixture have, in their order. */
function partsOf({ k, d, dense }) {
  const each = k * (dense ? d * d : d);
  return { weights: k, means: k * d, covariances: each, whitening: each, logDeterminants: k };
}

/** Where the parts of a mixture begin, from the place of the first one. */
function placesOf(shape, place) {
  const places = {};
  for (const [name, length] of Object.entries(partsOf(shape))) {
    places[name] = place;
    place += 8 * length;
  }
  return places;
}

/** The shape of mixtures of k components in d dimensions. */
export function shapeOf(structure, k, d) {
  const dense = isDense(structure);
  const shape = { structure, ties: tiesOf(structure), k, d, dense, each: dense ? d * d : d };
  const size = Object.values(partsOf(shape)).reduce((sum, length) => sum + length);
  return { ...shape, size };
}

/** Views of the parts of a mixture. */
export function viewOf(kernel, shape, place) {
  const parts = partsOf(shape);
  const begin = placesOf(shape, place);
  return Object.fromEntries(
    Object.entries(parts).map(([name, length]) => [name, kernel.view(begin[name], length)]),
  );
}

/**
 * Log-densities of rows, and more: of a mixture, or of its components to the power b.
 *
 * @param {object} kernel
 * @param {object} shape
 * @param {number} mixture     its place
 * @param {{rows: number, n: number}} table   the place of n rows
 * @param {{logDensity?: number, responsibilities?: number, labels?: number}} to   places of what is
 *     wanted: n, n x k and n (in whole numbers of 64 bits)
 * @param {number} [b]
 */
export function scoreRows(kernel, shape, mixture, { rows, n }, to, b = 1) {
  const { k, d, dense } = shape;
  const at = placesOf(shape, mixture);
  borrowing(kernel, ({ take, put }) => {
    const constants = take(k);
    const scratch = take(kernel.call.scratch_size(d, k, dense) / 8);
    kernel.call.constants(k, d, at.weights, at.logDeterminants, constants);
    let { whitening } = at;
    if (b !== 1) {
      const root = Math.sqrt(b);
      whitening = put(kernel.view(whitening, k * shape.each).map((x) => root * x));
      const powers = kernel.view(constants, k);
      powers.forEach((constant, j) => { powers[j] = b * constant; });
    }
    kernel.call.score(rows, n, d, k, dense, at.means, whitening, constants, to.logDensity ?? 0,
      to.responsibilities ?? 0, to.labels ?? 0, scratch);
  });
}

/**
 * Covariances, with all that belongs to them, from counts (k) and scatters.
 *
 * @param {object} kernel
 * @param {object} shape
 * @param {number} floor       the place of the least variances (d)
 * @param {ArrayLike<number>} count     all positive
 * @param {ArrayLike<number>} scatter   k x d x d, or k x d where not dense
 * @param {?number} now        the place of the mixture before
 * @param {number} next        where to write
 * @returns {boolean} whether they are regular
 */
export function maximizeCovariances(kernel, shape, floor, count, scatter, now, next) {
  const { k, d, dense, ties } = shape;
  return borrowing(kernel, ({ take, put }) => {
    const work = take(kernel.call.work_size(k, d, dense));
    const [counts, scatters] = [put(count), put(scatter)];
    return kernel.call.maximize(...ties, floor, k, d, counts, scatters, now ?? 0, next, work) === 1;
  });
}

/** Counts, means and scatters of rows from weighted responsibilities (n x k). */
export function gatherMoments(kernel, shape, { rows, n }, responsibilities) {
  const { k, d, dense, each } = shape;
  return borrowing(kernel, ({ take }) => {
    const [count, mean, scatter] = [take(k), take(k * d), take(k * each)];
    kernel.call.gather(rows, n, d, k, dense, responsibilities, count, mean, scatter);
    return {
      count: kernel.view(count, k).slice(),
      means: kernel.view(mean, k * d).slice(),
      scatter: kernel.view(scatter, k * each).slice(),
    };
  });
}

/** Diagonals (k x d) as matrices (k x d x d). */
export function asMatrices(diagonals, k, d) {
  const matrices = new Float64Array(k * d * d);
  for (let i = 0; i < k * d; i++) matrices[i * d + (i % d)] = diagonals[i];
  return matrices;
}

/** The diagonals (k x d) of matrices (k x d x d). */
export function diagonalsOf(matrices, k, d) {
  return Float64Array.from({ length: k * d }, (_, i) => matrices[i * d + (i % d)]);
}

/** Copies the components of an order from one mixture to another, which has as many. */
export function takeComponents(kernel, shape, from, order, to) {
  const source = viewOf(kernel, shape, from);
  const target = viewOf(kernel, shapeOf(shape.structure, order.length, shape.d), to);
  for (const [name, numbers] of Object.entries(source)) {
    const each = numbers.length / shape.k;
    order.forEach((j, place) => {
      target[name].set(numbers.subarray(j * each, (j + 1) * each), place * each);
    });
  }
}
