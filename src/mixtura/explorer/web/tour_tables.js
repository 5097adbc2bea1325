// Tables that the worksheet makes itself: the kind of a row is picked first, then the row is drawn from it.

import { madeTable } from "./columns.js";
import { randomNumbers } from "./random.js";

// Two species by their weight in kg; chosen so that 6 kg is two deviations from the one and from the other.
export const SPECIES = { weights: [0.5, 0.5], means: [4, 10], deviations: [1, 2] };

export function animalGenerator(seed) {
  const random = randomNumbers(seed);
  return () => {
    const kind = random.uniform() < SPECIES.weights[0] ? 0 : 1;
    return { kind, weight: SPECIES.means[kind] + SPECIES.deviations[kind] * random.normal() };
  };
}

export function animals(count, seed) {
  const draw = animalGenerator(seed);
  const drawn = Array.from({ length: count }, draw);
  return madeTable({
    title: `${count} animals of two species`, names: ["weight in kg"],
    columns: [Float64Array.from(drawn, ({ weight }) => weight)], kinds: drawn.map(({ kind }) => kind),
  });
}

// Four animals, few enough to do E and M by hand.
export function fourAnimals() {
  return madeTable({ title: "Four animals", names: ["weight in kg"], columns: [Float64Array.of(2, 4, 6, 10)], kinds: null });
}

// Centres, and factors L of the covariances L L'.
const HERDS = [
  { centre: [0, 0], factor: [[1, 0], [0, 0.7]] },
  { centre: [4, 0.5], factor: [[0.7, 0], [0.4, 0.8]] },
  { centre: [2, 4], factor: [[0.6, 0], [0, 0.95]] },
  { centre: [7, 4.5], factor: [[1, 0], [-0.5, 0.6]] },
];

// Four herds on a plane, which a start may well divide wrongly.
export function herds(count, seed) {
  const random = randomNumbers(seed);
  const kinds = Array.from({ length: count }, () => Math.floor(4 * random.uniform()));
  const places = kinds.map((kind) => {
    const { centre, factor } = HERDS[kind];
    const [u, v] = [random.normal(), random.normal()];
    return centre.map((middle, c) => middle + factor[c][0] * u + factor[c][1] * v);
  });
  return madeTable({
    title: `${count} animals on a plain`, names: ["east", "north"],
    columns: [0, 1].map((c) => Float64Array.from(places, (place) => place[c])), kinds,
  });
}

// The mixture that the two species are drawn from.
export function speciesMixture() {
  return {
    weights: Float64Array.from(SPECIES.weights), means: Float64Array.from(SPECIES.means),
    covariances: Float64Array.from(SPECIES.deviations, (deviation) => deviation * deviation),
  };
}
