// The course of runs: how far they have come, whether they have settled, and where.

import { hasSettled } from "./stopping.js";

// As in mixtura/fitting: optima this close, in nats per unit of weight, are the same.
const SAME_OPTIMUM = 1e-6;

export class Course {
  iterations = 0;
  converged = false;
  trace = []; // log-likelihoods
  objectives = []; // what the algorithm climbs, per unit of weight, of the mixtures that were left
  optima = [];

  constructor(total) {
    this.total = total; // of the weights
  }

  begin(logLikelihood) {
    this.iterations = 0;
    this.trace = [logLikelihood];
    this.forget();
  }

  /** What was thought of where the run is going: it goes on in another way. */
  forget() {
    this.objectives = [];
    this.converged = false;
  }

  /** One more iteration came to a log-likelihood. */
  add(logLikelihood) {
    this.iterations += 1;
    this.trace.push(logLikelihood);
  }

  /** Whether objectives have settled; if so, the optimum is remembered. */
  judge(objectives, logLikelihood, { k, structure, algorithm }) {
    if (this.converged || !hasSettled(objectives)) return;
    this.converged = true;
    const same = this.optima.find((optimum) => (
      optimum.k === k && optimum.structure === structure && optimum.algorithm === algorithm &&
      Math.abs(optimum.logLikelihood - logLikelihood) < SAME_OPTIMUM * this.total));
    if (same) same.found += 1;
    else this.optima.push({ logLikelihood, k, structure, algorithm, found: 1 });
    this.optima.sort((a, b) => b.logLikelihood - a.logLikelihood);
  }
}
