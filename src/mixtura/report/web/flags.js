// What there is to doubt about single clusters.

const MEANINGS = {
  collapsed: "sits on rows that are equal in some direction; the variance floor, not the data, decides "
    + "how likely it is",
  spurious: "owes its likelihood to a few rows that lie close together or nearly in a plane, perhaps by "
    + "chance",
  empty: "has no rows",
};

// The words to put beside a cluster; none for most.
export function flagsOf({ weights, collapsed, spurious }, j) {
  const flags = [
    ["collapsed", collapsed.includes(j)], ["spurious", spurious.includes(j)], ["empty", weights[j] === 0],
  ];
  return flags.filter(([, raised]) => raised).map(([flag]) => flag);
}

// What the words that stand beside some cluster mean.
export function flagMeanings(model) {
  const raised = new Set(model.weights.flatMap((_, j) => flagsOf(model, j)));
  return [...raised].map((flag) => `“${flag}”: it ${MEANINGS[flag]}.`);
}
