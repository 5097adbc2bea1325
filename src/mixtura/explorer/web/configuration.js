// What an engine can be asked for, and what it is told where that cannot be.

import { ALGORITHMS } from "./assignments.js";
import { STRUCTURES } from "./structures.js";

const MOST_COMPONENTS = 20;

/** What is in force unless something else is asked for. */
export const DEFAULTS = { k: 2, structure: "VVV", algorithm: "soft", temperature: 1, seed: 0 };

/** The configuration itself, or RangeError. */
export function checkedConfiguration(configuration) {
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

/** The mixture itself, or RangeError. */
export function checkedMixture({ weights, means, covariances }, k, d) {
  const sizes = [[weights, k], [means, k * d], [covariances, k * d * d]];
  if (!sizes.every(([numbers, size]) => numbers.length === size && numbers.every(Number.isFinite))) {
    throw new RangeError(`A mixture has finite numbers, of ${k} components in ${d} columns.`);
  }
  if (!(weights.every((weight) => weight >= 0) && weights.some((weight) => weight > 0))) {
    throw new RangeError("Weights are numbers from 0 up, and not all 0.");
  }
  return { weights, means, covariances };
}
