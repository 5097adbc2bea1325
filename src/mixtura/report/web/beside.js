// Columns that the model does not know, beside its clusters: a table of bars for each, as for the columns
// that it knows.

import { profileTable } from "./profiles.js";
import { counted, wholeNumber } from "./scales.js";

const LEVELS = 12; // shown of a column; the others together

export function besideTable(model, columns) {
  const shown = columns.map(commonestLevels);
  const marginals = shown.map(({ levels, counts }) => ({ kind: "shares", levels, probabilities: shares(counts) }));
  const described = columns.map(({ name }) => ({ name, missing: 0 }));
  const told = (c, l, j) => wholeNumber(shown[c].counts[l][j]);
  return profileTable({ ...model, marginals }, described, marginals.map((_, c) => c), told);
}

// The levels that most rows have, in their order, and the others as one.
export function commonestLevels({ levels, counts }) {
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  if (levels.length <= LEVELS) return { levels, counts };
  const byCount = levels.map((_, l) => l).sort((a, b) => totals[b] - totals[a]);
  const kept = byCount.slice(0, LEVELS - 1).sort((a, b) => a - b);
  const rest = byCount.slice(LEVELS - 1).map((l) => counts[l]);
  return {
    levels: [...kept.map((l) => levels[l]), `(${counted(rest.length, "other level")})`],
    counts: [...kept.map((l) => counts[l]), rest[0].map((_, j) => rest.reduce((sum, row) => sum + row[j], 0))],
  };
}

// Of the rows of each cluster.
function shares(counts) {
  return counts[0].map((_, j) => {
    const total = counts.reduce((sum, row) => sum + row[j], 0);
    return counts.map((row) => (total > 0 ? row[j] / total : 0));
  });
}
