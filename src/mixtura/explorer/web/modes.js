// The hills of the density: those of its Gaussian components that explain/modes.py finds, too.
//
// All stationary points of a Gaussian mixture lie on its ridgeline surface (Ray and Lindsay 2005,
// eq. 4). Climbs begin at points of it: the means, the ridgelines between pairs, and the centers of
// triples and of all. A step is the fixed point of Carreira-Perpinan (2000), which never goes down;
// now and then a step of Newton is tried, which ends a climb.

import { borrowing } from "./kernel.js";
import { scoreRows } from "./gaussians.js";
import { componentOf, logDensityAt, withMixture } from "./marginals.js";

const CLIMB_STEPS = 2000;
const NEWTON_STEPS = 20;
const NEWTON_EVERY = 25;
const PAIR_POINTS = 9;
const MOST_TRIPLES = 500;

// In sigmas of the component that is narrowest along a difference.
const SAME_HILL = 1e-3;
const STILL = 1e-9;

const LEVEL = 1e-14; // of a log-density: rounding

/**
 * @param {object} kernel
 * @param {{weights, means, covariances}} mixture
 * @returns {{place: Float64Array, logDensity: number}[]} the highest first
 */
export function findModes(kernel, mixture) {
  const center = middleOf(mixture); // seen from there, steps are not lost in the rounding of places
  const moved = mixture.means.map((x, i) => x - center[i % center.length]);
  return withMixture(kernel, living({ ...mixture, means: moved }), (shape, place) => {
    const slopes = slopesOf(kernel, shape, place);
    const climbed = climb(slopes, [...slopes.means, ...ridge(slopes)]);
    const heights = slopes.heights(climbed);
    const highest = heights.indexOf(Math.max(...heights));
    // The highest end is one, even where rounding hides how it curves.
    const candidates = [...slopes.concave(climbed).flatMap((is, i) => (is ? [i] : [])), highest];
    const summits = [];
    for (const i of candidates) {
      const near = (s) => slopes.distance(minus(climbed[i], climbed[s])) < SAME_HILL;
      if (!summits.some(near)) summits.push(i);
    }
    summits.sort((a, b) => heights[b] - heights[a]);
    return summits.map((s) => (
      { place: Float64Array.from(plus(climbed[s], center)), logDensity: heights[s] }));
  });
}

/** The mean of the means. */
function middleOf({ weights: { length: k }, means }) {
  const sums = Array.from({ length: means.length / k }, () => 0);
  means.forEach((x, i) => { sums[i % sums.length] += x / k; });
  return sums;
}

/** Without components of weight 0. */
function living(mixture) {
  const parts = [...mixture.weights].flatMap((w, j) => (w > 0 ? [componentOf(mixture, j)] : []));
  const joined = (name) => Float64Array.from(parts.flatMap((part) => [...part[name]]));
  return { weights: joined("weights"), means: joined("means"), covariances: joined("covariances") };
}

function minus(a, b) {
  return a.map((x, i) => x - b[i]);
}

function plus(a, b) {
  return a.map((x, i) => x + b[i]);
}

/** Derivatives of the log-density, at many points at once. */
function slopesOf(kernel, shape, mixture) {
  const { k, d } = shape;
  const parts = kernel.view(mixture, shape.size).slice();
  const means = Array.from({ length: k }, (_, j) => [...parts.subarray(k + j * d, k + (j + 1) * d)]);
  const first = k * (1 + d + d * d);
  const precisions = Array.from({ length: k }, (_, j) => {
    const w = parts.subarray(first + j * d * d, first + (j + 1) * d * d);
    return square(w, d);
  });
  const score = (points, width, name) => borrowing(kernel, ({ take, put }) => {
    const [rows, to] = [put(points.flat()), take(points.length * width)];
    scoreRows(kernel, shape, mixture, { rows, n: points.length }, { [name]: to });
    return kernel.view(to, points.length * width).slice();
  });
  const heights = (points) => [...score(points, 1, "logDensity")];
  const derivatives = (points) => {
    const share = score(points, k, "responsibilities");
    return points.map((point, i) => derivativesAt(point, share.subarray(i * k, (i + 1) * k)));
  };
  const derivativesAt = (point, share) => {
    const stiffness = new Float64Array(d * d);
    const gradient = new Float64Array(d);
    const outer = new Float64Array(d * d);
    for (let j = 0; j < k; j++) {
      const pull = times(precisions[j], minus(means[j], point));
      for (let a = 0; a < d; a++) {
        gradient[a] += share[j] * pull[a];
        for (let b = 0; b < d; b++) {
          stiffness[a * d + b] += share[j] * precisions[j][a * d + b];
          outer[a * d + b] += share[j] * pull[a] * pull[b];
        }
      }
    }
    const curve = (x, i) => stiffness[i] - x + gradient[Math.floor(i / d)] * gradient[i % d];
    return { stiffness, gradient, down: outer.map(curve) };
  };
  const distance = (delta) => Math.sqrt(Math.max(...precisions.map((precision) => {
    const pull = times(precision, delta);
    return delta.reduce((sum, x, a) => sum + x * pull[a], 0);
  })));
  return {
    means, precisions, heights, derivatives, distance,
    /** Solutions of positive definite matrices; null where one is not. */
    solve: (matrices, vectors) => solveAll(kernel, d, matrices, vectors),
    /** Whether the log-density curves down in every direction. */
    concave(points) {
      const none = points.map(() => new Float64Array(d));
      const matrices = derivatives(points).map(({ down }) => down);
      return solveAll(kernel, d, matrices, none).map((solution) => solution !== null);
    },
  };
}

/** w w^T of an upper triangular factor. */
function square(w, d) {
  const product = new Float64Array(d * d);
  for (let a = 0; a < d; a++)
    for (let b = 0; b < d; b++)
      for (let c = Math.max(a, b); c < d; c++) product[a * d + b] += w[a * d + c] * w[b * d + c];
  return product;
}

function times(matrix, vector) {
  const d = vector.length;
  return vector.map((_, a) => {
    let sum = 0;
    for (let b = 0; b < d; b++) sum += matrix[a * d + b] * vector[b];
    return sum;
  });
}

function solveAll(kernel, d, matrices, vectors) {
  const m = matrices.length;
  return borrowing(kernel, ({ take }) => {
    const [from, factors, logs] = [take(m * d * d), take(m * d * d), take(m)];
    matrices.forEach((matrix, i) => kernel.view(from + 8 * i * d * d, d * d).set(matrix));
    kernel.call.factorize(m, d, from, factors, logs);
    const whitening = kernel.view(factors, m * d * d);
    return [...kernel.view(logs, m)].map((log, i) => {
      if (log === -Infinity) return null;
      const inverse = square(whitening.subarray(i * d * d, (i + 1) * d * d), d);
      return [...times(inverse, vectors[i])];
    });
  });
}

/** Where the ascent from each of the points ends. */
function climb(slopes, starts) {
  const points = starts.map((point) => [...point]);
  let climbing = [...points.keys()];
  for (let step = 1; step <= CLIMB_STEPS && climbing.length > 0; step++) {
    const at = slopes.derivatives(climbing.map((i) => points[i]));
    const moves = slopes.solve(at.map((s) => s.stiffness), at.map((s) => s.gradient));
    climbing.forEach((i, place) => { points[i] = plus(points[i], moves[place]); });
    climbing = climbing.filter((_, place) => slopes.distance(moves[place]) > STILL);
    if (step % NEWTON_EVERY === 0) sharpen(slopes, points, climbing);
  }
  let left = [...points.keys()];
  for (let step = 0; step < NEWTON_STEPS && left.length > 0; step++) {
    left = sharpen(slopes, points, left);
  }
  return points;
}

/** A step of Newton from some of the points, where it helps; gives those. */
function sharpen(slopes, points, which) {
  if (which.length === 0) return which;
  const before = which.map((i) => points[i]);
  const at = slopes.derivatives(before);
  const steps = slopes.solve(at.map((s) => s.down), at.map((s) => s.gradient));
  const after = before.map((point, i) => (steps[i] ? plus(point, steps[i]) : point));
  const there = slopes.derivatives(after);
  const [low, high] = [slopes.heights(before), slopes.heights(after)];
  const steep = ({ gradient }) => Math.max(...gradient.map(Math.abs));
  const better = which.flatMap((i, place) => {
    const level = low[place] - high[place] <= LEVEL * (1 + Math.abs(low[place]));
    return level && steep(there[place]) < steep(at[place]) ? [[i, after[place]]] : [];
  });
  better.forEach(([i, point]) => { points[i] = point; });
  return better.map(([i]) => i);
}

/** Points of the ridgeline surface: between pairs, and at the centers of triples and of all. */
function ridge({ means, precisions, solve }) {
  const k = means.length;
  const mixes = [];
  const mix = (shares) => mixes.push(shares);
  for (let i = 0; i < k; i++)
    for (let j = i + 1; j < k; j++)
      for (let p = 1; p <= PAIR_POINTS; p++)
        mix([[i, p / (PAIR_POINTS + 1)], [j, 1 - p / (PAIR_POINTS + 1)]]);
  const pairs = mixes.length;
  for (let i = 0; i < k; i++)
    for (let j = i + 1; j < k; j++)
      for (let l = j + 1; l < k && mixes.length < pairs + MOST_TRIPLES; l++)
        mix([[i, 1 / 3], [j, 1 / 3], [l, 1 / 3]]);
  mix(means.map((_, j) => [j, 1 / k]));
  const center = means.reduce(plus).map((x) => x / k);
  const mixed = mixes.map((shares) => mixedPull(shares, center, means, precisions));
  const steps = solve(mixed.map((m) => m.stiffness), mixed.map((m) => m.pull));
  return steps.map((step) => plus(center, step));
}

function mixedPull(shares, center, means, precisions) {
  const stiffness = new Float64Array(center.length ** 2);
  const pull = new Float64Array(center.length);
  for (const [j, share] of shares) {
    precisions[j].forEach((x, i) => { stiffness[i] += share * x; });
    times(precisions[j], minus(means[j], center)).forEach((x, a) => { pull[a] += share * x; });
  }
  return { stiffness, pull };
}
