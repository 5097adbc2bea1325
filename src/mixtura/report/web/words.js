// The report in words: the headline, the key figures and the notes.

import { counted, percent, scientific, statistic, wholeNumber } from "./scales.js";

// The headline without the name of the table, which the page sets apart from the sentence.
export function headline({ data, model, fit, uncertainty }) {
  const total = data.sampled_from ? fit.weight : data.total_weight;
  const weights = data.weighted ? ` with a weight of ${wholeNumber(total)}` : "";
  const rows = `${model.noise ? "and noise " : ""}in ${counted(data.sampled_from ?? data.rows_used, "row")}${weights}`;
  if (model.n_components === 1) return `One cluster ${rows} of`;
  const hills = model.hills && model.hills.count !== model.n_components ? `on ${counted(model.hills.count, "hill")} ` : "";
  const apart = uncertainty.sure !== null && uncertainty.sure >= 0.99;
  return `${model.n_components} ${apart ? "well-separated" : "overlapping"} clusters ${hills}${rows} of`;
}

// How sure the assignments are, in a sentence or two that stand above everything else.
export function certaintyText({ model, uncertainty, fit }) {
  const doubts = fit.converged === false ? " The fit did not converge." : "";
  if (model.n_components === 1 && !model.noise) return `All rows belong to the one cluster.${doubts}`;
  const place = model.noise ? "one cluster, or to noise" : "one cluster";
  return `${percent(uncertainty.sure)} of the rows belong to ${place} with a probability above 0.95`
    + `; the mean uncertainty of a row is ${percent(uncertainty.mean)}.${doubts}`;
}

// Pairs of a term and its figure, with a line that explains it.
export function keyFigures({ data, model, fit, uncertainty, missing }) {
  const { text, detail } = convergence(fit);
  const figures = [
    model.structure ? ["Structure", model.structure, model.structure_text]
      : ["Family", model.family, model.family_text],
    ["BIC", statistic(fit.criteria.bic),
      `${counted(model.n_parameters, "free parameter")}; lower is better`],
    ["Log-likelihood", statistic(fit.log_likelihood), rowsFitted(fit, data, missing)],
    ["Noise", ...noise(model)],
    ["Held", model.held || null, "not moved by the fit, and no parameters"],
    ["Prior", model.prior ? "conjugate" : null, model.prior],
    ["Known clusters", model.known > 0 ? counted(model.known, "row") : null, "whose cluster was given"],
    ["Missing cells", ...missingCells(missing, data)],
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

function missingCells(missing, { rows_used: used }) {
  if (!missing) return [null, ""];
  const { cells_in_all: n, rows, empty } = missing;
  const none = empty > 0 ? `; ${wholeNumber(empty)} of them ${empty === 1 ? "has" : "have"} no cell at all` : "";
  return [wholeNumber(n), `in ${wholeNumber(rows)} of ${counted(used, "row")}${none}`];
}

// A stored model's figures are those of the rows it was fitted to. Rows without any cell may not count.
function rowsFitted({ weight }, data, missing) {
  if (data.sampled_from) return `of all ${counted(data.sampled_from, "row")}`;
  const isOther = (total) => weight !== null && Math.abs(weight - total) > 1e-9 * weight;
  const others = isOther(data.total_weight);
  if (others && missing && !isOther(data.total_weight - missing.empty_weight)) {
    return `of the ${wholeNumber(weight)} rows with any cell`;
  }
  return others ? `of the ${wholeNumber(weight)} rows that it was fitted to, not of these` : rowsUsed(data);
}

function rowsUsed({ rows, rows_used: used, rows_left_out: missing }) {
  if (missing === 0) return `of all ${counted(used, "row")}`;
  return `of ${wholeNumber(used)} of ${counted(rows, "row")}; ${wholeNumber(missing)} left out`;
}

function convergence({ converged, n_iter: iterations, status }) {
  // The figure says already that it converged, and powers of ten are written as such.
  const detail = (status ?? "").replace(/^converged[:,]?\s+/i, "")
    .replace(/\b1 iterations/, "1 iteration")
    .replace(/\d\.\de[+-]\d+/g, (number) => scientific(Number(number), 1));
  if (converged === null) return { text: null, detail };
  if (!converged) return { text: "did not converge", detail };
  return { text: "converged", detail: detail || `after ${counted(iterations ?? 0, "iteration")}` };
}

function starts(made) {
  if (!made) return [null, ""];
  const { made: all, found_best: best, failed, optima, caution } = made;
  if (all === 1) return ["a single start", "the only one that was made"];
  const others = optima.length - 1;
  const kinds = optima.length > 0 ? optima[0].ways : [];
  const found = [
    kinds.length > 1 ? `of ${kinds.length} kinds: ${kinds.join(", ")}` : null,
    others > 0 ? `${counted(others, "other")} found` : "no other found", failed > 0 ? `${failed} not sound` : null,
    caution ? `the next best has ${percent(optima[1].moved)} of the rows in other clusters` : null,
  ];
  return [`${best} of ${all} starts`, found.filter((part) => part !== null).join("; ")];
}

// What the reader must know before trusting the figures.
export function notes({ data, search, notes: given }, drawn) {
  const own = [];
  if (data.sampled_from) {
    own.push(`The figures of the fit are those of all ${wholeNumber(data.sampled_from)} rows; sizes, shares and `
      + `pictures of rows show a sample of ${wholeNumber(data.rows_used)}, chosen at random`
      + `${drawn < data.rows_used ? `, of which the picture draws ${wholeNumber(drawn)}` : ""}.`);
  } else if (data.weighted) {
    own.push("All figures and pictures count every row as often as its weight says"
      + `${drawn < data.total_weight ? `; the pictures draw ${counted(drawn, "point")}` : ""}.`);
  } else if (drawn < data.rows_used) {
    own.push(`The picture draws ${wholeNumber(drawn)} of ${wholeNumber(data.rows_used)} rows, `
      + "chosen at random; all figures count every row.");
  }
  const failed = search ? search.candidates.filter((c) => c.standing === "failed").length : 0;
  if (failed > 0) own.push(`${counted(failed, "candidate")} of the search could not be fitted.`);
  return [...given, ...own];
}

// Of a picture of the rows in one or two columns with these names.
export function pictureText({ data, model }, names) {
  const clusters = `${counted(model.n_components, "cluster")}${model.noise ? " and noise" : ""}`;
  if (names.length === 1) return `Histogram of ${names[0]}, with the densities of ${clusters}.`;
  return `Scatter plot of ${names[1]} against ${names[0]}: ${counted(data.rows_drawn, "row")} `
    + `colored by their probabilities for ${clusters}.`;
}
