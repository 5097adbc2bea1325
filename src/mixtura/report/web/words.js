// The report in words: the headline, the key figures and the notes.

import { counted, percent, statistic, wholeNumber } from "./scales.js";

// The headline without the name of the table, which the page sets apart from the sentence.
export function headline({ data, model, uncertainty }) {
  const rows = counted(data.rows_used, "row");
  if (model.n_components === 1) return `One cluster in ${rows} of`;
  const apart = uncertainty.sure !== null && uncertainty.sure >= 0.99;
  return `${model.n_components} ${apart ? "well-separated" : "overlapping"} clusters in ${rows} of`;
}

// Pairs of a term and its figure, with a line that explains it.
export function keyFigures({ data, model, fit, uncertainty }) {
  const { text, detail } = convergence(fit);
  const figures = [
    ["Covariance structure", model.structure, model.structure_text],
    ["BIC", statistic(fit.criteria.bic),
      `${counted(model.n_parameters, "free parameter")}; lower is better`],
    ["Log-likelihood", statistic(fit.log_likelihood), rowsUsed(data)],
    ["Noise", ...noise(model)],
    ["Fit", text, detail],
    ["Best solution found by", ...starts(fit.starts)],
    ["Sure rows", model.n_components === 1 && !model.noise ? null : percent(uncertainty.sure),
      `have one cluster${model.noise ? ", or are noise," : ""} with probability above 0.95`],
  ];
  return figures.filter(([, figure]) => figure !== null && figure !== "–");
}

function noise({ noise: given, noise_rows: rows }) {
  if (!given) return [null, ""];
  return [percent(given.weight), `of the mixture; ${counted(rows, "row")} in no cluster`];
}

function rowsUsed({ rows, rows_used: used, rows_left_out: missing }) {
  if (missing === 0) return `of all ${counted(used, "row")}`;
  return `of ${wholeNumber(used)} of ${counted(rows, "row")}; ${wholeNumber(missing)} left out`;
}

function convergence({ converged, n_iter: iterations, status }) {
  const detail = (status ?? "").replace(/^converged[:,]?\s+/i, ""); // the figure says it already
  if (converged === null) return { text: null, detail };
  if (!converged) return { text: "did not converge", detail };
  return { text: "converged", detail: detail || `after ${counted(iterations ?? 0, "iteration")}` };
}

function starts(made) {
  if (!made) return [null, ""];
  const { made: all, found_best: best } = made;
  if (all === 1) return ["a single start", "more would show whether a better solution exists"];
  const lucky = best === 1 ? "more starts may find a better one" : "started from different points";
  return [`${best} of ${all} starts`, lucky];
}

// What the reader must know before trusting the figures.
export function notes({ data, search, notes: given }, drawn) {
  const own = [];
  if (drawn < data.rows_used) {
    own.push(`The picture draws ${wholeNumber(drawn)} of ${wholeNumber(data.rows_used)} rows, `
      + "chosen at random; all figures count every row.");
  }
  const failed = search ? search.candidates.filter((c) => c.criteria[search.criterion] === null).length : 0;
  if (failed > 0) own.push(`${counted(failed, "candidate")} of the search could not be fitted.`);
  return [...given, ...own];
}

export function pictureText({ data, model }, names) {
  const clusters = counted(model.n_components, "cluster");
  if (names.length === 1) return `Histogram of ${names[0]}, with the densities of ${clusters}.`;
  return `Scatter plot of ${names[1]} against ${names[0]}: ${counted(data.rows_drawn, "row")} `
    + `coloured by their probabilities for ${clusters}.`;
}
