// The levels of a column in words.

import { largestIndex } from "./points.js";
import { shortened } from "./frame.js";

const WIDEST = 190; // pixels that a level's name may take in a table

// Of two levels the second tells all that there is to tell.
export function isBinary({ levels }) {
  return levels.length === 2;
}

// Zeros and ones need no names: the column's own says what a one means.
export function hasNamedLevels({ levels }) {
  return levels.join(" ") !== "0 1";
}

// The level that stands for a column of a cluster: the likeliest, or the second of two, so that clusters
// can be compared.
export function shownLevel(marginal, j) {
  const shares = marginal.probabilities[j];
  const level = isBinary(marginal) ? 1 : largestIndex(shares);
  const text = hasNamedLevels(marginal) ? shortened(marginal.levels[level], WIDEST) : "";
  return { text, probability: shares[level] };
}

// What words there are to say about a column of levels; none about others.
export function levelKinds(marginal) {
  if (marginal.kind !== "shares") return [];
  if (!isBinary(marginal)) return ["many-levels"];
  return [hasNamedLevels(marginal) ? "two-levels" : "zeros-and-ones"];
}

// Names a value by its level.
export function levelFormat({ levels }) {
  return (value) => levels[Math.round(value)];
}
