// The fourteen covariance structures of Celeux and Govaert (1995).

/** Volume, shape and orientation: E equal, V own of each component, I none. */
export const STRUCTURES = [
  "EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV",
];

const TRAITS = ["sizes", "shapes", "angles"];

/** In words that a menu has room for: what ellipses of components look like, and what each has of its own. */
export function structureText(structure) {
  const own = TRAITS.filter((_, i) => structure[i] === "V");
  const form = structure[1] === "I" ? "circles" : structure[2] === "I" ? "upright" : "ellipses";
  if (own.length === 0) return `${form}, all alike`;
  return `${form}, ${own.length === 3 ? "each its own" : `own ${own.join(", ")}`}`;
}

/** The kernel's numbers of them: see Tie in em_loop.h. */
export function tiesOf(structure) {
  const number = { I: 0, E: 1, V: 2 };
  return [...structure].map((letter) => number[letter]);
}

/** Whether covariances have an orientation; else the features are independent. */
export function isDense(structure) {
  return structure[2] !== "I";
}

/** Free parameters of a mixture: weights, means and covariances. */
export function countParameters(structure, k, d) {
  const [volumes, shapes, orientations] = tiesOf(structure).map((tie) => [0, 1, k][tie]);
  return k - 1 + k * d + volumes + shapes * (d - 1) + orientations * ((d * (d - 1)) / 2);
}
