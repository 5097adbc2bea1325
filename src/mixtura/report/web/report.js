// Puts the report together: reads the payload, fills the page, and keeps its pictures in step with
// the window, the colour scheme and the printer.

import {
  componentColours, componentMarker, inkOn, noiseColour, NOISE_MARKER, OTHERS_MARKER,
} from "./colour.js";
import { besideTable } from "./beside.js";
import { componentTable, hasOwnRows, paperBlocks } from "./components.js";
import {
  criteriaOf, criterionName, criterionTable, criterionText, drawCriterion, hasFarCandidates,
  standingLegend,
} from "./criterion.js";
import { el, isolated } from "./dom.js";
import { explorer } from "./explorer.js";
import { flagMeanings } from "./flags.js";
import { histogram } from "./histogram.js";
import { saveButtons } from "./saving.js";
import { legend, highlightButton } from "./legend.js";
import { levelFormat, levelKinds } from "./levels.js";
import { hasPatterns, patternTable, patternText } from "./patterns.js";
import { decodeLevels, decodePoints } from "./points.js";
import { drawProbabilities, likeliestList, probabilityText } from "./probabilities.js";
import {
  hasMoreProfiles, levelPlaces, profileTable, profileText, shownClusters, shownPlaces,
} from "./profiles.js";
import { gapsText, missingParagraphs } from "./missing.js";
import { mergeOffer, mergeTable, mergingTexts } from "./merging.js";
import { momentFormat, valueFormat } from "./scales.js";
import { scatter } from "./scatter.js";
import { dimOthers, listenForHighlight, highlighted } from "./highlight.js";
import { drawStarts, startsTable, startsText } from "./starts.js";
import { listenForTips } from "./tips.js";
import { drawTrace, hasCourse, traceText } from "./trace.js";
import { drawUncertainty, uncertaintyText } from "./uncertainty.js";
import {
  certaintyText, headline, keyFigures, notes, pictureText,
} from "./words.js";

const byId = (id) => document.getElementById(id);
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

function main() {
  const report = JSON.parse(byId("payload").textContent);
  if (report.format !== "mixtura-report" || report.version !== 5) {
    throw new Error("this page can show mixtura-report version 5 only");
  }
  const points = decodePoints(report.points);
  const columns = describedColumns(report, points);
  const model = { ...withColumns(report.model), sampled: Boolean(report.data.sampled_from) };
  fillHead(report, model, points);
  byId("components").append(componentTable(model, columns, points));
  byId("components-paper").append(...paperBlocks(columns, model)
    .map((places) => componentTable(model, columns, points, places)));
  byId("components-flags").textContent = flagMeanings(model).join(" ");
  byId("components-own").textContent = hasOwnRows(model, columns)
    ? "; where those of its rows, each counted by its probability, differ by more than a tenth, they stand below" : "";
  showBeside(report.data, model);
  showMerging(model);
  showProfiles(model, columns);
  showPatterns(model, columns, points);
  showMissing(report, columns);
  tellKinds(model);
  const pictures = [
    ...rowPictures(report, { points, columns, model }),
    ...searchPictures(report.search),
    ...uncertaintyPictures(report),
    ...startsPictures(report.fit.starts),
    ...tracePictures(report.fit),
  ];
  keepDrawn(pictures, model);
}

// The columns of the probabilities: every cluster, and then what is none: all the clusters that are too
// many to be drawn, as one, and the noise, if there are any.
function withColumns(model) {
  const { others, noise } = model;
  const extras = [
    others && { name: "other clusters", marker: OTHERS_MARKER, told: "", ...others },
    noise && {
      name: "noise", marker: NOISE_MARKER, told: "spread evenly", weight: noise.weight, rows: model.noise_rows,
    },
  ].filter((extra) => extra !== null);
  return {
    ...model,
    extras,
    labels: model.weights.map((_, j) => clusterLabel(model, j)),
    names: [
      ...model.weights.map((_, j) => `cluster ${clusterLabel(model, j)}`), ...extras.map(({ name }) => name)],
    markers: [...model.weights.map((_, j) => componentMarker(j)), ...extras.map(({ marker }) => marker)],
    shares: [...model.weights, ...extras.map(({ weight }) => weight)],
  };
}

// Known classes have names besides their numbers.
function clusterLabel({ cluster_names: names }, j) {
  return j < names.length ? `${j}, ${names[j]}` : String(j);
}

function describedColumns({ data, model, missing }, { minimum, maximum }) {
  return data.columns.map((name, c) => {
    const marginal = model.marginals[c];
    const levels = marginal.kind === "shares";
    const format = levels ? levelFormat(marginal) : valueFormat(minimum[c], maximum[c]);
    return {
      name: name.trim() === "" ? `(unnamed column ${c + 1})` : name,
      kind: marginal.kind,
      missing: missing ? missing.cells[c] : 0,
      format: (value) => (Number.isNaN(value) ? "missing" : format(value)),
      formatMoment: levels ? null : momentFormat(marginal.deviation),
    };
  });
}

function fillHead(report, model, points) {
  byId("headline").append(`${headline(report)} `, isolated(report.title));
  byId("weights").append(...model.shares.map((weight, j) => weightSegment(model, weight, j)));
  byId("certainty").textContent = certaintyText(report);
  byId("figures").append(...keyFigures(report).map(([term, figure, detail]) => (
    el("div", {}, el("dt", {}, term), el("dd", {}, figure),
      detail ? el("dd", { class: "detail" }, detail) : null))));
  const told = notes(report, points.n).map((note) => el("li", {}, isolated(note)));
  const missing = [
    ...otherColumns(report.data.other_columns), ...leftOutColumns(report.data.left_out_columns),
  ];
  byId("notes").hidden = told.length + missing.length === 0;
  byId("note-list").append(...told, ...missing);
  byId("generator").textContent = report.generator;
}

// All names, with commas between.
function listed(names) {
  return names.flatMap((name, i) => [i > 0 ? ", " : "", isolated(name || "(unnamed)")]);
}

// One line for the columns that are in the model, but not in the pictures.
function otherColumns(names = []) {
  return names.length === 0 ? [] : [el("li", {}, "Columns used, but not drawn: ", ...listed(names), ".")];
}

// One line for every reason, naming all its columns.
function leftOutColumns(columns) {
  const reasons = [...new Set(columns.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const names = columns.filter((column) => column.reason === reason).map(({ name }) => name);
    const opening = names.length === 1 ? "Column left out: " : "Columns left out: ";
    return el("li", {}, opening, ...listed(names), " (", isolated(reason), ").");
  });
}

function weightSegment({ names }, weight, j) {
  const segment = highlightButton(j);
  segment.setAttribute("title", names[j]);
  segment.setAttribute("tabindex", "-1"); // the legend has the same buttons
  segment.dataset.cluster = j;
  segment.style.flexGrow = String(weight);
  segment.style.background = `var(--component-${j})`;
  return segment;
}

// Two columns of numbers make a scatter plot, a single one a histogram. Beside a scatter plot counts, and
// numbers whose densities are no bells, have their histograms too.
function rowPictures(report, drawn) {
  const { columns } = drawn;
  const numbers = columns.map((_, c) => c).filter((c) => columns[c].kind !== "shares");
  const shaped = numbers.filter((c) => columns[c].kind !== "bell");
  byId("map").hidden = numbers.length === 0;
  byId("words").hidden = numbers.length > 0;
  if (numbers.length === 0) byId("words-list").append(legend(drawn.model));
  byId("shapes").hidden = numbers.length < 2 || shaped.length === 0;
  const pictures = [];
  if (numbers.length > 0) pictures.push(mapPicture(report, drawn, numbers));
  if (!byId("shapes").hidden) pictures.push(shapesPicture(report, drawn, shaped));
  return pictures;
}

function mapPicture(report, drawn, numbers) {
  const { columns, model } = drawn;
  const plot = byId("map-plot");
  const single = numbers.length === 1;
  const beside = report.data.beside.map((column, c) => decodeLevels(column, report.points.beside[c]));
  const picture = single ? histogram({ ...drawn, plot, place: numbers[0], id: "map" })
    : scatter({ ...drawn, plot, beside, pair: model.best_pair });
  byId("map-chosen").textContent = chosenText(model, numbers.length);
  byId("map-controls").hidden = single;
  byId("map-caption-single").hidden = !single;
  byId("map-caption-pair").hidden = single;
  byId("map-caption-strewn").hidden = single || !numbers.some((c) => columns[c].kind === "mass");
  byId("map-caption-noise").hidden = !model.noise;
  const shown = () => (single ? numbers : [picture.view.across, picture.view.up]);
  const draw = explored("map", plot, picture, report, drawn, shown);
  if (!single) {
    chooseColumns("map-across", picture.view, "across", columns, numbers, () => draw(currentTheme(model)));
    chooseColumns("map-up", picture.view, "up", columns, numbers, () => draw(currentTheme(model)));
  }
  return { host: plot, draw };
}

// Why these two columns are shown first, where there were others.
function chosenText({ n_components: k }, count) {
  if (count < 3) return "";
  return k > 1 ? "The clusters overlap least in the two columns shown first."
    : "The two columns shown first go together most.";
}

function shapesPicture(report, drawn, shaped) {
  const { columns, model } = drawn;
  const plot = byId("shapes-plot");
  const [place] = model.ranking.filter((c) => shaped.includes(c));
  const picture = histogram({ ...drawn, plot, place, id: "shapes" });
  const draw = explored("shapes", plot, picture, report, drawn, () => [picture.view.place]);
  chooseColumns("shapes-column", picture.view, "place", columns, shaped, () => draw(currentTheme(model)));
  return { host: plot, draw };
}

// Draws a picture whose marks can be looked at one by one, and names it.
function explored(section, plot, picture, report, { columns, model, points }, shown) {
  const walk = explorer({
    plot, panel: byId(`${section}-panel`), live: byId(`${section}-live`), model, marks: picture.marks,
    idle: [el("h3", { class: "unseen" }, "Clusters and their weights"), legend(model), el("p", { class: "hint screen-only" },
      "Choose a cluster to highlight it. Point at a mark, tap it, or reach the picture with Tab and walk with the arrow keys.")],
  });
  return (theme) => {
    picture.draw(theme);
    walk.refresh();
    const names = shown().map((c) => columns[c].name);
    const text = pictureText(report, names);
    const gaps = gapsText(shown().map((c) => points.column(c)), names);
    byId(`${section}-gaps`).hidden = gaps === "";
    byId(`${section}-gaps`).textContent = gaps;
    plot.setAttribute("aria-label", `${text} ${gaps}${gaps === "" ? "" : " "}Walk from mark to mark with the arrow keys.`);
  };
}

function chooseColumns(id, view, axis, columns, places, redraw) {
  const select = byId(id);
  select.append(...places.map((c) => el("option", { value: c, dir: "auto" }, columns[c].name)));
  select.value = String(view[axis]);
  select.addEventListener("change", () => {
    view[axis] = Number(select.value);
    redraw();
  });
}

function showProfiles(model, columns) {
  byId("profiles").hidden = levelPlaces(model).length === 0;
  const [host, whole] = ["profiles-table", "profiles-whole"].map(byId);
  byId("profiles-controls").hidden = !hasMoreProfiles(model);
  const fill = () => {
    host.replaceChildren(profileTable(model, columns, shownPlaces(model, whole.checked)));
    dimOthers(host);
    byId("profiles-text").textContent = profileText(model, whole.checked);
  };
  whole.addEventListener("change", fill);
  fill();
}

function showBeside({ beside }, model) {
  byId("beside").hidden = beside.length === 0;
  if (beside.length === 0) return;
  byId("beside-table").append(besideTable(model, beside));
  const clusters = shownClusters(model).length;
  byId("beside-text").textContent = [
    beside.length > 1 ? "The columns that the clusters tell most of come first." : "",
    beside.some(({ levels }) => levels.length === 2) ? "Of two levels the second is counted." : "",
    clusters < model.n_components ? `The ${clusters} heaviest of ${model.n_components} clusters are shown.` : "",
  ].join(" ");
}

function showMerging(model) {
  const texts = mergingTexts(model);
  byId("merging").hidden = texts.length === 0;
  if (byId("merging").hidden) return;
  byId("merging-text").append(...texts.map((text) => el("p", {}, text)));
  byId("merging-tree").hidden = !model.entropy;
  if (model.entropy) byId("merging-table").append(mergeTable(model));
  byId("merging-offer").append(...mergeOffer(model));
}

function showPatterns(model, columns, points) {
  const shown = hasPatterns(columns, points);
  byId("patterns").hidden = !shown;
  if (!shown) return;
  byId("patterns-table").append(patternTable(model, columns, points));
  byId("patterns-text").textContent = patternText(points);
}

// Leaves of the page's own words those that fit: some are for columns of one kind, for tables of bells alone
// (clouds), or for all others (groups).
function tellKinds({ marginals, spreads }) {
  const kinds = new Set(marginals.flatMap((marginal) => [marginal.kind, ...levelKinds(marginal)]));
  kinds.add([...kinds].every((kind) => kind === "bell") ? "clouds" : "groups");
  if (marginals.length > 1) kinds.add("several");
  if (!spreads && marginals.length > 1) kinds.add("independent");
  document.querySelectorAll("[data-kind]").forEach((part) => {
    if (!part.dataset.kind.split(" ").some((kind) => kinds.has(kind))) part.remove();
    else if (part.localName === "span") part.replaceWith(...part.childNodes);
  });
  document.querySelector("main").normalize();
}

function showMissing({ missing, model, data }, columns) {
  byId("missing").hidden = !missing;
  if (!missing) return;
  const certain = model.n_components === 1 && !model.noise;
  const told = { ...missing, of: data.rows_used, weighted: data.weighted, certain };
  byId("missing-text").append(...missingParagraphs(told, columns).map((parts) => (
    el("p", {}, ...parts.map((part) => (typeof part === "string" ? part : isolated(part.name)))))));
}

function searchPictures(search) {
  const shown = Boolean(search) && search.candidates.length > 1; // one alone is no search
  byId("search").hidden = !shown;
  if (!shown) return [];
  const [select, whole, host] = ["criterion", "criterion-whole", "criterion-plot"].map(byId);
  select.append(...criteriaOf(search).map((c) => el("option", { value: c }, criterionName(c))));
  select.value = search.criterion;
  const draw = () => {
    byId("criterion-range").hidden = !hasFarCandidates(search, select.value);
    drawCriterion(host, search, select.value, whole.checked);
    byId("criterion-text").textContent = criterionText(search, select.value);
  };
  [select, whole].forEach((control) => control.addEventListener("change", draw));
  byId("criterion-table").append(criterionTable(search));
  byId("criterion-legend").append(standingLegend(search) ?? "");
  return [{ host, draw }, ...probabilityPictures(search)];
}

// Where one number of clusters was tried, there is nothing to choose.
function probabilityPictures(search) {
  const shown = search.limit || search.probabilities.length > 1;
  byId("probabilities").hidden = !shown;
  byId("probability-likeliest").hidden = Boolean(search.limit);
  if (!shown) return [];
  const host = byId("probability-plot");
  if (search.limit) {
    host.append(el("p", { class: "caption" }, probabilityText(search)));
    return [];
  }
  byId("probability-models").append(likeliestList(search));
  byId("probability-text").textContent = probabilityText(search);
  return [{ host, draw: () => drawProbabilities(host, search) }];
}

// A single optimum makes no picture: the key figures say all of it. Earlier model files do not say how many
// rows are in other clusters, and have a table alone.
function startsPictures(starts) {
  const shown = Boolean(starts) && starts.optima.length > 1;
  byId("starts").hidden = !shown;
  if (!shown) return [];
  byId("starts-text").textContent = startsText(starts);
  byId("starts-table").append(startsTable(starts));
  const host = byId("starts-plot");
  host.hidden = !starts.optima.every(({ moved }) => moved !== null);
  if (host.hidden) return [];
  return [{ host, draw: () => drawStarts(host, starts) }];
}

// A random walk, or a fit that ended where it began, has no course to draw.
function tracePictures(fit) {
  const shown = hasCourse(fit);
  byId("trace").hidden = !shown;
  if (!shown) return [];
  byId("trace-text").textContent = traceText(fit);
  return [{ host: byId("trace-plot"), draw: () => drawTrace(byId("trace-plot"), fit) }];
}

// A single cluster without noise leaves nothing to be uncertain about.
function uncertaintyPictures({ uncertainty, model }) {
  const certain = model.n_components === 1 && !model.noise;
  byId("uncertainty").hidden = certain;
  if (certain) return [];
  const told = { ...uncertainty, noise: Boolean(model.noise) };
  byId("uncertainty-text").textContent = uncertaintyText(told);
  const host = byId("uncertainty-plot");
  return [{ host, draw: () => drawUncertainty(host, told) }];
}

function currentTheme({ weights, extras }, printing = false) {
  const dark = darkScheme.matches && !printing;
  const colours = [...componentColours(weights.length, dark), ...extras.map(() => noiseColour(dark))];
  return { printing, colours, highlighted: printing ? null : highlighted() };
}

function keepDrawn(pictures, model) {
  const [root, page] = [document.documentElement, document.querySelector("main")];
  const drawAll = (printing) => {
    if (page.clientWidth === 0) return; // not laid out, as in a hidden frame
    const theme = currentTheme(model, printing);
    root.classList.toggle("printing", printing);
    theme.colours.forEach((colour, j) => {
      root.style.setProperty(`--component-${j}`, colour);
      root.style.setProperty(`--on-component-${j}`, inkOn(colour));
    });
    pictures.forEach((picture) => picture.draw(theme));
    dimOthers();
    tellSideways();
  };
  drawAll(false);
  listenForHighlight(() => drawAll(false));
  pictures.forEach(({ host }) => {
    host.after(saveButtons(host, `${document.title.replace(/[^\p{L}\p{N}]+/gu, "-")}-${host.id.replace("-plot", "")}`));
    if (host.classList.contains("chart")) listenForTips(host);
  });
  root.dataset.drawn = "yes";
  darkScheme.addEventListener("change", () => drawAll(false));
  window.addEventListener("beforeprint", () => drawAll(true));
  window.addEventListener("afterprint", () => drawAll(false));
  redrawOnResize(page, () => drawAll(false));
}

// A table that goes on beyond the page says so.
function tellSideways() {
  document.querySelectorAll(".sideways").forEach((hint) => {
    const table = hint.nextElementSibling;
    hint.hidden = table.scrollWidth <= table.clientWidth;
  });
}

// Zooming changes the pixel ratio as well as the width; both come as a resize of the window.
function redrawOnResize(host, redraw) {
  const measure = () => `${host.clientWidth} ${window.devicePixelRatio}`;
  let drawn = measure();
  window.addEventListener("resize", () => requestAnimationFrame(() => {
    if (measure() === drawn) return;
    drawn = measure();
    redraw();
  }));
}

try {
  main();
} catch (error) {
  byId("failure").hidden = false;
  byId("failure").append(String(error.message));
  throw error;
}
