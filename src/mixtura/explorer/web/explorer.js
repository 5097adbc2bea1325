// Puts the explorer together: starts the kernel, fills the page, and draws what has changed, once a frame.

import { el } from "../../report/web/dom.js";
import { counted, wholeNumber } from "../../report/web/scales.js";
import { decodeTable } from "./columns.js";
import { createControls } from "./controls.js";
import { startKernel } from "./engine.js";
import { fillEStep, fillLikelihood, fillMStep } from "./formulas.js";
import { createHandles } from "./handles.js";
import { listenToLetters, listenToPointer, listenToRows } from "./keyboard.js";
import { createLayers } from "./layers.js";
import { createLikelihood } from "./likelihood.js";
import { fillComponents, fillRow } from "./panel.js";
import { createPicture } from "./picture.js";
import { createSession } from "./session.js";
import { spoken, summaryText } from "./spoken.js";
import { watchTheme } from "./theme.js";
import { createTour } from "./tour.js";

const byId = (id) => document.getElementById(id);
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
const WORDS_EVERY = 150; // milliseconds between two writings of the words while EM runs

// What an event makes out of date.
const STALE = {
  opened: ["choices", "layout"], columns: ["choices", "layout"], view: ["layout"], theme: ["layout"],
  E: ["rows", "words"], M: ["mixture"], iterated: ["mixture"], restarted: ["mixture"], set: ["mixture"], moved: ["mixture"],
  configured: ["handles", "mixture"], chosen: ["handles", "words"], focus: ["focus"], layers: ["lines", "words"],
  running: ["state"], paused: ["mixture"], pace: ["state"], dropped: ["words"], refused: [],
};

async function main() {
  const payload = JSON.parse(byId("payload").textContent);
  if (payload.format !== "mixtura-explorer" || payload.version !== 1) {
    throw new Error("this page can show mixtura-explorer version 1 only");
  }
  const bytes = Uint8Array.from(atob(byId("kernel").textContent.trim()), (letter) => letter.charCodeAt(0));
  const session = createSession(await startKernel(bytes));
  const page = assemble(session);
  byId("main").hidden = false;
  if (payload.n > 0) session.open(decodeTable(payload));
  else page.parts.openTour.click();
  publish(session);
  page.drawNow();
  document.documentElement.dataset.drawn = "yes";
}

function assemble(session) {
  const page = { theme: null, stale: new Set(), told: 0, asked: false };
  const parts = Object.fromEntries([...document.querySelectorAll("[id]")].map((part) => [camel(part.id), part]));
  page.parts = parts;
  page.picture = createPicture(session, parts.plot);
  page.handles = createHandles(session, page.picture);
  page.layers = createLayers(session, page.picture, { hills: parts.hills, rings: parts.rings, text: parts.hillsText },
    () => session.tell("layers"));
  page.likelihood = createLikelihood(session, {
    number: parts.number, delta: parts.delta, bar: parts.bar, plot: parts.course, optima: parts.optima });
  page.controls = createControls(session, parts, () => reducedMotion.matches);
  page.theme = watchTheme((theme) => { page.theme = theme; session.tell("theme"); });
  page.drawNow = () => draw(session, page);
  session.on((event) => hear(session, page, event));
  listenToRows(session, page.picture, parts.plot);
  listenToPointer(session, page.picture, parts.plot);
  listenForKeys(session, page);
  createTour(session, {
    section: parts.tour, head: parts.tourHead, places: parts.tourPlaces, step: parts.tourStep, open: parts.openTour, close: parts.tourClose });
  new ResizeObserver(() => { if (session.engine) session.tell("view"); }).observe(parts.plot);
  return page;
}

function camel(id) {
  return id.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

function hear(session, page, event) {
  if (event.kind === "opened" || event.kind === "columns") {
    page.likelihood.forget();
    describe(session, page.parts);
  }
  (STALE[event.kind] ?? []).forEach((part) => page.stale.add(part));
  const words = spoken(session, event);
  if (words) page.parts.status.textContent = words;
  if (page.asked) return;
  page.asked = true;
  requestAnimationFrame(() => { page.drawNow(); });
}

// Each part implies those that follow from it.
function draw(session, page) {
  page.asked = false;
  const { stale, picture, theme, layers, handles } = page;
  if (!session.engine || stale.size === 0) return;
  const has = (...names) => names.some((name) => stale.has(name));
  if (has("choices")) page.controls.fillChoices();
  if (has("layout")) {
    picture.layOut(theme);
    layers.attach();
  }
  if (has("layout", "choices", "handles")) handles.build();
  if (has("layout", "choices", "mixture", "rows")) picture.drawRows(theme);
  if (has("layout", "choices", "mixture", "rows", "lines")) picture.drawLines(theme, layers);
  if (has("layout", "choices", "mixture", "handles")) {
    handles.place();
    page.likelihood.show();
  }
  if (has("layout", "choices", "focus")) picture.showFocus();
  page.controls.showState();
  const rowAlone = [...stale].every((part) => part === "focus");
  stale.clear();
  if (rowAlone) writeRow(session, page.parts);
  else writeWords(session, page);
}

// Words change less often than pictures while EM runs or a mean is held, and then once more at the end.
function writeWords(session, page) {
  const now = performance.now();
  if ((session.running || session.dragging) && now - page.told < WORDS_EVERY) return;
  page.told = now;
  const { parts } = page;
  writeRow(session, parts);
  fillComponents(session, parts.components);
  fillMStep(session, parts.mTitle, parts.mFormulas);
  fillLikelihood(session, parts.likelihoodFormulas);
  page.likelihood.tell();
  page.handles.label();
  page.layers.showModes();
  parts.plot.setAttribute("aria-label", pictureText(session));
}

function writeRow(session, { rowTitle, rowValues, rowShares, eTitle, eFormulas }) {
  fillRow(session, { title: rowTitle, values: rowValues, shares: rowShares });
  fillEStep(session, eTitle, eFormulas);
}

function pictureText(session) {
  const names = session.viewed().map((c) => session.names()[c]);
  const view = names.length === 1 ? `Histogram of ${names[0]}` : `Scatter plot of ${names[1]} against ${names[0]}`;
  return `${view}. Arrow keys go from row to row; Tab goes to the means, which arrow keys move.`;
}

function describe({ table, data }, { title, lede, notes }) {
  title.textContent = table.title;
  lede.textContent = `${counted(data.n, "row")} in ${columnsText(data.d, table.names.length)}. `
    + "Press E and M in turn, or take a mean and move it.";
  const told = [...table.notes];
  if (data.leftOut > 0) told.push(`Left out, for a missing cell in the model’s columns: ${counted(data.leftOut, "row")}.`);
  if (table.sampledFrom) {
    told.push(`A sample of ${wholeNumber(table.n)} of ${wholeNumber(table.sampledFrom)} rows, drawn at random.`);
  }
  notes.replaceChildren(...told.map((text) => el("li", {}, text)));
}

function columnsText(chosen, all) {
  return chosen < all ? `${chosen} of ${counted(all, "column")}` : counted(all, "column");
}

function listenForKeys(session, page) {
  const { parts, handles } = page;
  const letters = [
    ["e", "E-step", () => parts.e.click()],
    ["m", "M-step", () => parts.m.click()],
    ["n", "next step, E or M", () => { session.pause(); session.nextStep(); }],
    ["r", "run or pause", () => parts.run.click()],
    ["s", "start anew", () => parts.restart.click()],
    ["p", "to the rows in the picture", () => parts.plot.focus()],
    ["h", "hills of the density", () => parts.hills.click()],
    ["o", "rings at 2.5 standard deviations", () => parts.rings.click()],
    ["t", "tell where things stand", () => { parts.status.textContent = summaryText(session); }],
    ["w", "worksheet", () => parts.openTour.click()],
    ["?", "these keys", () => parts.openHelp.click()],
    ...Array.from({ length: 9 }, (_, j) => [String(j + 1), `to the mean of component ${j + 1}`, () => handles.focusMean(j)]),
  ];
  listenToLetters(letters, () => parts.letters.checked);
  parts.openHelp.addEventListener("click", () => parts.help.showModal());
  parts.helpKeys.replaceChildren(...letters.slice(0, -9).concat([["1–9", "to the mean of a component"]])
    .map(([key, text]) => el("div", {}, el("dt", {}, el("kbd", {}, key.toUpperCase())), el("dd", {}, text))));
}

// For whoever embeds or tests the page: what is so, as plain numbers, to be read.
function publish(session) {
  const read = {
    ready: () => session.engine !== null,
    state() {
      const { engine, data, view, focus, chosen, running } = session;
      const plain = (numbers) => (numbers === null ? null : Array.from(numbers));
      return {
        n: data.n, d: data.d, names: session.names(), view: { ...view }, focus, chosen, running, phase: engine.phase,
        ...engine.configuration, weights: plain(engine.mixture.weights), means: plain(engine.mixture.means),
        covariances: plain(engine.mixture.covariances), responsibilities: plain(engine.responsibilities),
        logLikelihood: engine.logLikelihood, bic: engine.bic, iterations: engine.iterations, converged: engine.converged,
        trace: [...engine.trace], optima: engine.optima.map((optimum) => ({ ...optimum })),
      };
    },
  };
  Object.defineProperty(window, "mixturaExplorer", { value: Object.freeze(read) });
}

main().catch((error) => {
  const failure = byId("failure");
  failure.hidden = false;
  failure.append(error.message);
  throw error;
});
