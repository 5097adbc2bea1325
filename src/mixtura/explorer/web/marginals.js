// Densities of a mixture at any points, in all columns or in some.

import { borrowing } from "./kernel.js";
import { scoreRows, shapeOf, viewOf } from "./gaussians.js";

/** The mixture in some columns, in their order: Gaussians stay Gaussians. */
export function marginalOf({ weights, means, covariances }, columns) {
  const k = weights.length;
  const d = means.length / k;
  const pick = (numbers, each, places) => Float64Array.from(
    { length: k * places.length },
    (_, i) => numbers[Math.floor(i / places.length) * each + places[i % places.length]],
  );
  const pairs = columns.flatMap((a) => columns.map((b) => a * d + b));
  return {
    weights: weights.slice(),
    means: pick(means, d, columns),
    covariances: pick(covariances, d * d, pairs),
  };
}

/** One component, with its weight. */
export function componentOf({ weights, means, covariances }, j) {
  const own = (numbers) => {
    const each = numbers.length / weights.length;
    return numbers.slice(j * each, (j + 1) * each);
  };
  return { weights: own(weights), means: own(means), covariances: own(covariances) };
}

/**
 * A mixture of any covariances in the kernel's memory, for as long as it is worked with.
 *
 * @template T
 * @param {object} kernel
 * @param {{weights, means, covariances}} mixture
 * @param {(shape: object, place: number) => T} work
 * @returns {T}
 */
export function withMixture(kernel, { weights, means, covariances }, work) {
  const shape = shapeOf("VVV", weights.length, means.length / weights.length);
  return borrowing(kernel, ({ take }) => {
    const place = take(shape.size);
    const parts = viewOf(kernel, shape, place);
    parts.weights.set(weights);
    parts.means.set(means);
    parts.covariances.set(covariances);
    const { whitening, logDeterminants } = parts;
    kernel.call.factorize(shape.k, shape.d, parts.covariances.byteOffset, whitening.byteOffset,
      logDeterminants.byteOffset);
    return work(shape, place);
  });
}

/** log P(x) at m points (m x d). */
export function logDensityAt(kernel, mixture, points, m) {
  return withMixture(kernel, mixture, (shape, place) => borrowing(kernel, ({ take, put }) => {
    const [rows, logDensity] = [put(points), take(m)];
    scoreRows(kernel, shape, place, { rows, n: m }, { logDensity });
    return kernel.view(logDensity, m).slice();
  }));
}
