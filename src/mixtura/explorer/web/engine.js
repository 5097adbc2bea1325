// The explorer's engine: EM of Gaussian mixtures, one half of an iteration at a time.
//
// The arithmetic is that of the package's own C kernel, as WebAssembly; here is only what calls it,
// and in which order. Arrays are row by row: entry (i, j) of an n x k array is at i * k + j.

/**
 * @typedef {object} Mixture
 * @property {Float64Array} weights       k: they add up to 1
 * @property {Float64Array} means         k x d
 * @property {Float64Array} covariances   k x d x d, whatever the structure
 */

/**
 * @typedef {object} Configuration
 * @property {number} k                   components, 1 to 20
 * @property {string} structure           one of STRUCTURES
 * @property {string} algorithm           one of ALGORITHMS
 * @property {number} temperature         above 0; looked at where the algorithm is "tempered"
 * @property {number} seed                a whole number
 */

/**
 * @typedef {object} Engine
 * @property {number} n
 * @property {number} d
 * @property {Configuration} configuration   what is in force; to be read, not written
 * @property {Mixture} mixture               the current one (a copy for each state: compare by ===)
 * @property {?Float64Array} responsibilities  n x k: as the last E-step assigned the rows, by the
 *     algorithm; null before the first one, and after `restart`, `setMixture` and `configure`
 * @property {Float64Array} posterior        n x k: P(C_j | x_i) of the current mixture, exact
 * @property {Float64Array} logDensity       n: log P(x_i) of the current mixture
 * @property {number} logLikelihood          of the current mixture: weighted sum of logDensity
 * @property {number} bic                    n_parameters log(total weight) - 2 logLikelihood: the
 *     smaller, the better
 * @property {number} parameterCount         free parameters of the mixture
 * @property {"E"|"M"} phase                 which step comes next
 * @property {number} iterations             since the last start (or drag)
 * @property {boolean} converged
 * @property {string} note                   what had to be done otherwise in the last call, in a
 *     sentence to show; "" for nothing
 * @property {number[]} trace                logLikelihood of the start and after each iteration
 * @property {{logLikelihood: number, k: number, structure: string, algorithm: string,
 *     found: number}[]} optima              where runs converged, the best first; found: how often
 *
 * @property {(changes: Partial<Configuration>) => void} configure   another k or seed restarts (by
 *     the last way); another structure makes the covariances fit; the rest keeps the mixture
 * @property {() => void} eStep              responsibilities from the mixture
 * @property {() => void} mStep              the mixture from the responsibilities; makes the E-step
 *     first where none was made
 * @property {(count: number) => {iterations: number, converged: boolean}} iterate   whole
 *     iterations (a half-made one is finished first, and counts), at most so many
 * @property {(way?: string) => void} restart  one of WAYS; the next draw of the generator
 * @property {(mixture: Mixture) => void} setMixture   after dragging: weights are scaled to sum to 1,
 *     covariances made to fit the structure and the floor
 *
 * @property {(points: Float64Array, m: number, columns?: number[]) => Float64Array} density
 *     P(x) at m points (m x d), or of the marginal of some columns at m x columns.length, in that order
 * @property {(component: number, points: Float64Array, m: number, columns?: number[]) =>
 *     Float64Array} componentDensity   w_j p_j(x): these add up to the density
 * @property {(columns: number[]) => Mixture} marginal   of the mixture, in some columns
 * @property {() => {place: Float64Array, logDensity: number}[]} modes   hills, the highest first
 * @property {() => void} dispose            gives the memory back
 */

/** Structures of covariances: volume, shape and orientation; E equal, V own, I none. */
export const STRUCTURES = [
  "EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV",
];

export const ALGORITHMS = ["soft", "hard", "stochastic", "tempered"];

/** Ways to start: from rows drawn as centers, such that lie apart, or soft shares drawn for rows. */
export const WAYS = ["k-means++", "random", "random responsibilities"];

/**
 * Start the kernel: once for a page.
 *
 * @param {Uint8Array} bytes   of kernel.wasm
 * @returns {Promise<object>}  what `createEngine` takes
 */
export async function startKernel(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return instance.exports;
}

/**
 * An engine for one table, started by k-means++ with k = 2 (or 1 where the rows are all alike), VVV, soft.
 *
 * @param {object} kernel
 * @param {{rows: Float64Array, n: number, d: number, weights?: Float64Array}} table   rows: n x d,
 *     finite, no column constant; weights: n, not negative, 1 where left out
 * @param {Partial<Configuration>} [configuration]
 * @returns {Engine}
 * @throws {RangeError} where the table or a configuration is none; the message can be shown
 */
export function createEngine(kernel, table, configuration = {}) {
  throw new Error("to be written");
}
