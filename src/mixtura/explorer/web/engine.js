// The explorer's engine: EM of Gaussian mixtures, one half of an iteration at a time.
//
// The arithmetic is that of the package's own C kernel, as WebAssembly; here is only what calls it,
// and in which order. Arrays are row by row: entry (i, j) of an n x k array is at i * k + j.

import { ALGORITHMS, assignRows, weightedMean } from "./assignments.js";
import {
  asMatrices, diagonalsOf, gatherMoments, maximizeCovariances, scoreRows, shapeOf, takeComponents,
  viewOf,
} from "./gaussians.js";
import { borrowing } from "./kernel.js";
import { componentOf, logDensityAt, marginalOf } from "./marginals.js";
import { findModes } from "./modes.js";
import { randomNumbers } from "./random.js";
import { startRows, WAYS } from "./starts.js";
import { ENOUGH, hasSettled } from "./stopping.js";
import { countParameters, STRUCTURES } from "./structures.js";
import { placeTable } from "./rows.js";

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

const MOST_COMPONENTS = 20;

// As in mixtura/fitting: optima this close, in nats per row, are the same.
const SAME_OPTIMUM = 1e-6;

// Of the floor: a variance as small as this lies on it.
const AT_FLOOR = 1 + 1e-6;

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
  #configuration = { k: 2, structure: "VVV", algorithm: "soft", temperature: 1, seed: 0 };
  #shape = null;
  #random;
  #way = WAYS[0];
  #places = {}; // state (three mixtures), posterior, logDensity, assigned
  #seen = new Map(); // what is known of the current mixture, by name
  #assigned = false;
  #objectives = []; // per unit of weight, what the algorithm climbs
  #optima = [];
  #trace = [];
  iterations = 0;
  converged = false;
  #failure = ""; // of the last call

  constructor(kernel, table, configuration) {
    this.#kernel = kernel;
    this.#table = table;
    this.#configuration = checked({ ...this.#configuration, ...configuration });
    this.#random = randomNumbers(this.#configuration.seed);
    this.#reshape();
    this.restart();
  }

  get n() { return this.#table.n; }
  get d() { return this.#table.d; }
  get configuration() { return this.#configuration; }
  get phase() { return this.#assigned ? "M" : "E"; }
  get trace() { return this.#trace; }
  get optima() { return this.#optima; }

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
    return this.#failure || this.#once("note", () => this.#remark());
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
    const after = checked({ ...before, ...changes });
    const kept = this.mixture;
    const changed = (name) => before[name] !== after[name];
    this.#configuration = after;
    if (changed("seed")) this.#random = randomNumbers(after.seed);
    if (changed("k") || changed("structure")) this.#reshape();
    if (changed("k") || changed("seed")) this.restart();
    else if (changed("structure")) this.setMixture(kept);
    else this.#forgetRun();
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
    this.#assigned = true;
    if (objective === null) return;
    this.#objectives.push(objective);
    this.#judge(this.#objectives);
  }

  mStep() {
    if (!this.#assigned) this.eStep();
    this.#failure = "";
    this.#assigned = false;
    if (!this.#maximize(this.#places.state)) return false;
    this.iterations += 1;
    this.#trace.push(this.logLikelihood);
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
    const { k, d, dense, each } = this.#shape;
    const { weights, means, covariances } = checkedMixture(mixture, k, d);
    this.#failure = "";
    const total = weights.reduce((sum, weight) => sum + weight);
    const shares = weights.map((weight) => weight / total);
    // A component of weight 0 keeps its place, and has no say in what all have in common.
    const count = shares.map((share) => this.#table.total * Math.max(share, 1e-12));
    const own = dense ? covariances : diagonalsOf(covariances, k, d);
    const scatter = own.map((x, i) => count[Math.floor(i / each)] * x);
    const { floor } = this.#table;
    const next = this.#places.state + 8 * this.#shape.size;
    if (!maximizeCovariances(this.#kernel, this.#shape, floor, count, scatter, null, next)) {
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
    const [kernel, table, shape] = [this.#kernel, this.#table, this.#shape];
    const moments = borrowing(kernel, ({ take }) => gatherMoments(
      kernel, shape, table, this.#weighted(take)));
    const total = moments.count.reduce((sum, count) => sum + count);
    const { live, order } = standIns(moments.count);
    const some = shapeOf(shape.structure, live.length, shape.d);
    const pick = (numbers, each) => live.flatMap((j) => [...numbers.subarray(j * each, (j + 1) * each)]);
    return borrowing(kernel, ({ take }) => {
      const [before, after] = [take(some.size), take(some.size)];
      if (now !== null) takeComponents(kernel, shape, now, live, before);
      const [count, scatter] = [pick(moments.count, 1), pick(moments.scatter, shape.each)];
      const known = now === null ? null : before;
      if (!maximizeCovariances(kernel, some, table.floor, count, scatter, known, after)) {
        this.#failure = "The components cannot be estimated from these rows: the mixture stays.";
        return false;
      }
      const next = this.#places.state + 8 * shape.size;
      takeComponents(kernel, some, after, order, next);
      const places = order.map((place) => live[place]);
      const means = places.flatMap((j) => [...moments.means.subarray(j * shape.d, (j + 1) * shape.d)]);
      this.#replace(next, moments.count.map((rows) => rows / total), means);
        return true;
    });
  }

  /** Responsibilities times weights. */
  #weighted(take) {
    if (this.#table.equal) return this.#places.assigned;
    const { k } = this.#shape;
    const weighted = take(this.n * k);
    const weights = this.#kernel.view(this.#table.weights, this.n);
    const shares = this.#kernel.view(this.#places.assigned, this.n * k);
    const times = (share, i) => share * weights[Math.floor(i / k)];
    this.#kernel.view(weighted, this.n * k).set(shares.map(times));
    return weighted;
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
    const { made, place, left } = this.#climbed(most);
    if (made === 0) return 0;
    this.#objectives.push(...left);
    // The kernel makes the step after the last mixture that it judges.
    const back = hasSettled(this.#objectives) ? 1 : 0;
    this.#moveTo((place + 3 - back) % 3);
    this.iterations += made - back;
    const total = (objective) => objective * this.#table.total;
    this.#trace.push(...left.subarray(1).map(total));
    if (!back) this.#trace.push(this.logLikelihood);
    const here = this.logLikelihood / this.#table.total;
    this.#judge(back ? this.#objectives : [...this.#objectives.slice(-4), here]);
    return made - back;
  }

  /** How many iterations, where of three mixtures they end, and the objectives of those left. */
  #climbed(most) {
    const [kernel, table] = [this.#kernel, this.#table];
    const { k, d, dense, ties } = this.#shape;
    const known = this.#objectives.slice(-4);
    return borrowing(kernel, ({ take, put }) => {
      const trace = put([...known, ...new Float64Array(most)]);
      const work = take(kernel.call.work_size(k, d, dense));
      const scratch = take(kernel.call.scratch_size(d, k, dense) / 8);
      const at = take(1);
      const made = kernel.call.iterate(table.rows, this.n, d, table.weights, ...ties, table.floor,
        ENOUGH, k, this.#places.state, trace, known.length, most, work, scratch, at);
      const objectives = kernel.view(trace, known.length + most);
      return {
        made,
        place: new Int32Array(kernel.view(at, 1).buffer, at, 1)[0],
        left: objectives.slice(known.length, known.length + made),
      };
    });
  }

  /** The mixture at one of the three places is the current one. */
  #moveTo(place) {
    const { size } = this.#shape;
    const { state } = this.#places;
    this.#kernel.view(state, size).set(this.#kernel.view(state + 8 * place * size, size).slice());
    this.#seen.clear();
  }

  #judge(objectives) {
    if (this.converged || !hasSettled(objectives)) return;
    this.converged = true;
    const { k, structure, algorithm } = this.#configuration;
    const here = { logLikelihood: this.logLikelihood, k, structure, algorithm, found: 1 };
    const near = SAME_OPTIMUM * this.#table.total;
    const same = this.#optima.find((o) => o.k === k && o.structure === structure &&
      o.algorithm === algorithm && Math.abs(o.logLikelihood - here.logLikelihood) < near);
    if (same) same.found += 1;
    else this.#optima.push(here);
    this.#optima.sort((a, b) => b.logLikelihood - a.logLikelihood);
  }

  /** What whoever looks at the mixture should know. */
  #remark() {
    const { weights } = this.#parts();
    const named = (test) => [...weights.keys()].filter(test).map((j) => j + 1);
    const empty = named((j) => weights[j] === 0);
    const held = named((j) => weights[j] > 0 && this.#isHeld(j));
    const notes = [];
    if (empty.length > 0) notes.push(`${listed(empty, "has", "have")} no rows left, and weight 0.`);
    if (held.length > 0) {
      const sits = listed(held, "sits", "sit");
      notes.push(`${sits} on rows that are equal in some direction, held up by the variance floor.`);
    }
    return notes.join(" ");
  }

  /** Whether component j lies on the variance floor in some direction. */
  #isHeld(j) {
    const { d, dense, each } = this.#shape;
    const least = this.#kernel.view(this.#table.floor, d).map((floor) => AT_FLOOR * floor);
    const own = this.#parts().covariances.subarray(j * each, (j + 1) * each);
    if (!dense) return own.some((variance, a) => variance <= least[a]);
    const matrix = own.byteOffset;
    return borrowing(this.#kernel, ({ put }) => !this.#kernel.call.exceeds(1, d, matrix, put(least)));
  }

  /** A run begins at the current mixture. */
  #begin() {
    this.iterations = 0;
    this.#trace = [this.logLikelihood];
    this.#forgetRun();
  }

  #forgetRun() {
    this.#objectives = [];
    this.#assigned = false;
    this.converged = false;
  }
}

/** The components that have rows, and which of those stands for each: as in families/family.py. */
function standIns(count) {
  const live = [...count.keys()].filter((j) => count[j] > 0);
  const heaviest = live.reduce((best, j, place) => (count[j] > count[live[best]] ? place : best), 0);
  const order = [...count].map((rows, j) => (rows > 0 ? live.indexOf(j) : heaviest));
  return { live, order };
}

function listed(numbers, verbOfOne, verb) {
  const [noun, does] = numbers.length > 1 ? ["Components", verb] : ["Component", verbOfOne];
  return `${noun} ${numbers.join(", ")} ${does}`;
}

function checked(configuration) {
  const { k, structure, algorithm, temperature, seed } = configuration;
  const demand = (good, message) => { if (!good) throw new RangeError(message); };
  demand(Number.isInteger(k) && k >= 1 && k <= MOST_COMPONENTS,
    `${k} components cannot be shown: choose 1 to ${MOST_COMPONENTS}.`);
  demand(STRUCTURES.includes(structure), `"${structure}" is none of ${STRUCTURES.join(", ")}.`);
  demand(ALGORITHMS.includes(algorithm), `"${algorithm}" is none of ${ALGORITHMS.join(", ")}.`);
  demand(temperature > 0 && temperature < Infinity, `A temperature is above 0, not ${temperature}.`);
  demand(Number.isSafeInteger(seed), `A seed is a whole number, not ${seed}.`);
  return configuration;
}

function checkedMixture({ weights, means, covariances }, k, d) {
  const sizes = [[weights, k], [means, k * d], [covariances, k * d * d]];
  if (!sizes.every(([numbers, size]) => numbers.length === size && numbers.every(Number.isFinite))) {
    throw new RangeError(`A mixture has finite numbers, of ${k} components in ${d} columns.`);
  }
  if (!(weights.every((weight) => weight >= 0) && weights.some((weight) => weight > 0))) {
    throw new RangeError("Weights are numbers from 0 up, and not all 0.");
  }
  return { weights, means, covariances };
}
