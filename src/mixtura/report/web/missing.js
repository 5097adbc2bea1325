// The missing cells in words.

import { counted, percent, wholeNumber } from "./scales.js";

const NAMED = 12; // columns, at most

// The paragraphs of the page, each a list of texts and of columns, whose names are data. `missing` also says
// `of` how many rows it is, whether these are `weighted`, and whether their assignments are `certain`, whatever they
// miss.
export function missingParagraphs(missing, columns) {
  return [howMany(missing, columns), whatFor(), ...(missing.certain ? [] : howSure(missing))];
}

function howMany({ cells_in_all: n, rows, empty, of, weighted, columns: gappy }, columns) {
  const named = columns.filter((column) => column.missing > 0)
    .sort((a, b) => b.missing - a.missing).slice(0, NAMED);
  const others = gappy - named.length;
  const rest = n - named.reduce((sum, column) => sum + column.missing, 0);
  const list = [
    ...named.flatMap((column, i) => [`${i > 0 ? ", " : ""}`, column, ` ${wholeNumber(column.missing)}`]),
    others > 0 ? ` and ${wholeNumber(rest)} in ${counted(others, "other column")}` : "",
  ];
  const [have, tell, belong] = empty === 1 ? ["has", "it tells", "belongs"] : ["have", "they tell", "belong"];
  const none = empty === 0 ? "" : ` ${counted(empty, "row")} ${have} no cell at all: ${tell} the fit nothing, and ${belong} `
    + "to the clusters by the clusters’ weights alone.";
  const where = `${wholeNumber(rows)} of ${counted(of, "row")}${weighted ? ", each counted once" : ""}`;
  return [`${counted(n, "cell")} ${n === 1 ? "is" : "are"} missing in ${where}: `, ...list, `.${none}`];
}

function whatFor() {
  return ["They are taken to be missing at random: whether a cell is missing may depend on what is observed in its row, "
    + "but not on the missing value itself. The likelihood that the fit maximizes is that of the observed cells, and a "
    + "row’s probabilities come from the cells that it has. Nothing is filled in."];
}

function howSure({ uncertainty, uncertainty_complete: complete }) {
  if (uncertainty === null) return [];
  const others = complete === null ? "" : `, that of complete rows ${percent(complete)}`;
  return [[`The mean uncertainty of rows with missing cells is ${percent(uncertainty)}${others}.`]];
}

// Under a picture of one or two columns of the rows drawn, of which these miss values; nothing where none does.
export function gapsText(values, names) {
  const isGap = (column) => Array.from(column, Number.isNaN);
  if (values.length === 1) {
    const n = isGap(values[0]).filter(Boolean).length;
    return n === 0 ? "" : `${counted(n, "row")} without a value of ${names[0]} ${n === 1 ? "is" : "are"} left out.`;
  }
  const [across, up] = values.map(isGap);
  const both = across.filter((gap, i) => gap && up[i]).length;
  const one = across.filter((gap, i) => gap !== up[i]).length;
  return [
    one === 0 ? "" : `A short line in a margin is a row that misses one of the two values (${counted(one, "row")}).`,
    both === 0 ? "" : `${counted(both, "row")} ${both === 1 ? "misses both values and is" : "miss both values and are"} not drawn.`,
  ].filter((text) => text !== "").join(" ");
}
