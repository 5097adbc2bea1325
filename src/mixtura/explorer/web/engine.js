// The explorer's engine: EM of Gaussian mixtures, one half of an iteration at a time.
//
// The arithmetic is that of the package's own C kernel, as WebAssembly; here is only what calls it,
// and in which order. Arrays are row by row: entry (i, j) of an n x k array is at i * k + j.

import { assignRows, weightedMean } from "./assignments.js";
import { climbFrom } from "./climbing.js";
import { checkedConfiguration, checkedMixture, DEFAULTS } from "./configuration.js";
import { Course } from "./course.js";
import { asMatrices, scoreRows, shapeOf, viewOf } from "./gaussians.js";
import { componentOf, logDensityAt, marginalOf } from "./marginals.js";
import { fitCovariances, maximizeMixture } from "./maximization.js";
import { findModes } from "./modes.js";
import { randomNumbers } from "./random.js";
import { remarkOn } from "./remarks.js";
import { placeTable } from "./rows.js";
import { startRows, WAYS } from "./starts.js";
import { hasSettled } from "./stopping.js";
import { countParameters } from "./structures.js";

export { ALGORITHMS } from "./assignments.js";
export { startKernel } from "./kernel.js";
export { WAYS } from "./starts.js";
export { STRUCTURES } from "./structures.js";

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
 * @property {Mixture} mixture               the current one: another object after each change
 * @property {?Float64Array} responsibilities  n x k: as the last E-step assigned the rows, by the
 *     algorithm; null before the first one, and after each M-step, `restart`, `setMixture`, `configure`
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
 *     iterations (a half-made one is finished first, and counts), at most so many; none once converged
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

/**
 * An engine for one table, started by k-means++; unless configured, of k = 2, VVV and soft.
 *
 * @param {object} kernel      from `startKernel`
 * @param {{rows: Float64Array, n: number, d: number, weights?: Float64Array}} table   rows: n x d,
 *     finite, no column constant; weights: n, not negative, 1 where left out
 * @param {Partial<Configuration>} [configuration]
 * @returns {Engine}
 * @throws {RangeError} where the table or a configuration is none; the message can be shown
 */
export function createEngine(kernel, table, configuration = {}) {
  return new Engine(kernel, placeTable(kernel, table), configuration);
}

class Engine {
  #kernel;
  #table;
  #configuration;
  #shape = null;
  #random;
  #way = WAYS[0];
  #places = {}; // state (three mixtures), posterior, logDensity, assigned
  #seen = new Map(); // what is known of the current mixture, by name
  #assigned = false;
  #course;
  #failure = ""; // of the last call

  constructor(kernel, table, configuration) {
    this.#kernel = kernel;
    this.#table = table;
    this.#configuration = checkedConfiguration({ ...DEFAULTS, ...configuration });
    this.#random = randomNumbers(this.#configuration.seed);
    this.#course = new Course(table.total);
    this.#reshape();
    this.restart();
  }

  get n() { return this.#table.n; }
  get d() { return this.#table.d; }
  get configuration() { return this.#configuration; }
  get phase() { return this.#assigned ? "M" : "E"; }
  get iterations() { return this.#course.iterations; }
  get converged() { return this.#course.converged; }
  get trace() { return this.#course.trace; }
  get optima() { return this.#course.optima; }

  get mixture() {
    return this.#once("mixture", () => {
      const { k, d, dense } = this.#shape;
      const { weights, means, covariances } = this.#parts();
      const matrices = dense ? covariances.slice() : asMatrices(covariances, k, d);
      return { weights: weights.slice(), means: means.slice(), covariances: matrices };
    });
  }

  get responsibilities() {
    if (!this.#assigned) return null;
    return this.#once("responsibilities", () => this.#copy("assigned", this.n * this.#shape.k));
  }

  get posterior() {
    this.#score();
    return this.#once("posterior", () => this.#copy("posterior", this.n * this.#shape.k));
  }

  get logDensity() {
    this.#score();
    return this.#once("logDensity", () => this.#copy("logDensity", this.n));
  }

  get logLikelihood() {
    return this.#once("logLikelihood", () => {
      this.#score();
      const logDensity = this.#kernel.view(this.#places.logDensity, this.n);
      return this.#table.total * weightedMean(this.#kernel, this.#table, logDensity);
    });
  }

  get note() {
    return this.#failure || this.#once(
      "note", () => remarkOn(this.#kernel, this.#table, this.#shape, this.#parts()));
  }

  get parameterCount() {
    const { structure, k, d } = this.#shape;
    return countParameters(structure, k, d);
  }

  get bic() {
    return this.parameterCount * Math.log(this.#table.total) - 2 * this.logLikelihood;
  }

  configure(changes) {
    const before = this.#configuration;
    const after = checkedConfiguration({ ...before, ...changes });
    const kept = this.mixture;
    const changed = (name) => before[name] !== after[name];
    this.#configuration = after;
    if (changed("seed")) this.#random = randomNumbers(after.seed);
    if (changed("k") || changed("structure")) this.#reshape();
    if (changed("k") || changed("seed")) this.restart();
    else if (changed("structure")) this.setMixture(kept);
    else this.#goOn();
  }

  eStep() {
    this.#failure = "";
    this.#score();
    const { algorithm, temperature } = this.#configuration;
    const seen = {
      table: this.#table, shape: this.#shape, mixture: this.#places.state, temperature,
      responsibilities: this.#places.posterior, logDensity: this.#places.logDensity,
      random: this.#random,
    };
    const objective = assignRows(algorithm, this.#kernel, seen, this.#places.assigned);
    this.#seen.delete("responsibilities");
    const again = this.#assigned;
    this.#assigned = true;
    if (again || objective === null) return;
    this.#course.objectives.push(objective);
    this.#judge(this.#course.objectives);
  }

  mStep() {
    if (!this.#assigned) this.eStep();
    this.#failure = "";
    if (!this.#maximize(this.#places.state)) return false;
    this.#assigned = false;
    this.#course.add(this.logLikelihood);
    return true;
  }

  iterate(count) {
    let made = 0;
    while (made < count && !this.converged) {
      if (!this.#assigned) made += this.#climb(count - made);
      if (made === count || this.converged) break;
      if (!this.#assigned) this.eStep();
      if (this.converged || !this.mStep()) break;
      made += 1;
    }
    return { iterations: made, converged: this.converged };
  }

  restart(way = this.#way) {
    if (!WAYS.includes(way)) throw new RangeError(`"${way}" is no way to start: ${WAYS.join(", ")}.`);
    this.#failure = "";
    this.#way = way;
    startRows(way, this.#kernel, this.#table, this.#shape, this.#random, this.#places.assigned);
    if (!this.#maximize(null)) throw new RangeError("No mixture can be estimated from these rows.");
    this.#begin();
  }

  setMixture(mixture) {
    const { k, d, size } = this.#shape;
    const { weights, means, covariances } = checkedMixture(mixture, k, d);
    this.#failure = "";
    const total = weights.reduce((sum, weight) => sum + weight);
    const shares = Float64Array.from(weights, (weight) => weight / total);
    const next = this.#places.state + 8 * size;
    const given = { weights: shares, covariances };
    if (!fitCovariances(this.#kernel, this.#table, this.#shape, given, next)) {
      throw new RangeError("Some covariances are not positive definite.");
    }
    this.#replace(next, shares, means);
    this.#begin();
  }

  density(points, m, columns) {
    return logDensityAt(this.#kernel, this.#inColumns(this.mixture, columns), points, m).map(Math.exp);
  }

  componentDensity(component, points, m, columns) {
    const own = this.#inColumns(componentOf(this.mixture, component), columns);
    return logDensityAt(this.#kernel, own, points, m).map(Math.exp);
  }

  marginal(columns) {
    return marginalOf(this.mixture, columns);
  }

  modes() {
    return this.#once("modes", () => findModes(this.#kernel, this.mixture));
  }

  dispose() {
    const { rows, weights, floor } = this.#table;
    [rows, weights, floor, ...Object.values(this.#places)].forEach(this.#kernel.give);
    this.#places = {};
  }

  // ------------------------------------------------------------------------------ within

  #once(name, make) {
    if (!this.#seen.has(name)) this.#seen.set(name, make());
    return this.#seen.get(name);
  }

  #copy(name, length) {
    return this.#kernel.view(this.#places[name], length).slice();
  }

  #parts() {
    return viewOf(this.#kernel, this.#shape, this.#places.state);
  }

  #inColumns(mixture, columns) {
    return columns ? marginalOf(mixture, columns) : mixture;
  }

  /** Other numbers of components, or another kind of covariances: other places. */
  #reshape() {
    const { k, structure } = this.#configuration;
    Object.values(this.#places).forEach(this.#kernel.give);
    this.#shape = shapeOf(structure, k, this.d);
    this.#places = {
      state: this.#kernel.take(3 * this.#shape.size),
      posterior: this.#kernel.take(this.n * k),
      assigned: this.#kernel.take(this.n * k),
      logDensity: this.#kernel.take(this.n),
    };
    this.#seen.clear();
    this.#assigned = false;
  }

  #score() {
    this.#once("scored", () => {
      const { posterior, logDensity, state } = this.#places;
      const wanted = { logDensity, responsibilities: posterior };
      scoreRows(this.#kernel, this.#shape, state, this.#table, wanted);
      return true;
    });
  }

  /** The M-step from what is assigned; `now` is the place of the mixture before, null for none. */
  #maximize(now) {
    const next = this.#places.state + 8 * this.#shape.size;
    const made = maximizeMixture(
      this.#kernel, this.#table, this.#shape, this.#places.assigned, now, next);
    if (made === null) {
      this.#failure = "The components cannot be estimated from these rows: the mixture stays.";
      return false;
    }
    this.#replace(next, made.weights, made.means);
    return true;
  }

  /** The mixture whose covariances are at `next`, with these weights and means, is the current one. */
  #replace(next, weights, means) {
    const numbers = this.#kernel.view(next, this.#shape.size);
    this.#kernel.view(this.#places.state, this.#shape.size).set(numbers);
    const parts = this.#parts();
    parts.weights.set(weights);
    parts.means.set(means);
    this.#seen.clear();
  }

  /** Iterations of plain EM, many in one call: gives how many, 0 where a step is not regular. */
  #climb(most) {
    if (this.#configuration.algorithm !== "soft") return 0;
    const course = this.#course;
    const { made, place, left } = climbFrom(
      this.#kernel, this.#table, this.#shape, this.#places.state, course.objectives, most);
    if (made === 0) return 0;
    course.objectives.push(...left);
    // The kernel makes a step after the last mixture that it judges.
    const settled = hasSettled(course.objectives);
    this.#moveTo(settled ? (place + 2) % 3 : place);
    left.subarray(1).forEach((objective) => course.add(objective * this.#table.total));
    if (!settled) course.add(this.logLikelihood);
    const here = this.logLikelihood / this.#table.total;
    this.#judge(settled ? course.objectives : [...course.objectives, here]);
    return settled ? made - 1 : made;
  }

  /** The mixture at one of the three places is the current one. */
  #moveTo(place) {
    const { size } = this.#shape;
    const { state } = this.#places;
    this.#kernel.view(state, size).set(this.#kernel.view(state + 8 * place * size, size).slice());
    this.#seen.clear();
  }

  #judge(objectives) {
    this.#course.judge(objectives, this.logLikelihood, this.#configuration);
  }

  /** A run goes on from the current mixture in another way. */
  #goOn() {
    this.#assigned = false;
    this.#course.forget();
  }

  /** A run begins at the current mixture. */
  #begin() {
    this.#assigned = false;
    this.#course.begin(this.logLikelihood);
  }
}
