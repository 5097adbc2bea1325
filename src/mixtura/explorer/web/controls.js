// Buttons and choices: each does one thing to the session, and shows what is so.

import { el, isolated } from "../../report/web/dom.js";
import { figure } from "./numbers.js";
import { SPEEDS } from "./session.js";
import { structureText } from "./structures.js";
import { ALGORITHMS, STRUCTURES, WAYS } from "./engine.js";

const MOST_SHOWN = 9;

const ALGORITHM_TEXTS = {
  soft: "soft: shares", hard: "hard: to the likeliest", stochastic: "stochastic: drawn", tempered: "tempered: by T",
};
const SPEED_TEXTS = { slow: "slow", steady: "steady", fast: "every frame" };

// `still` says whether movement is unwanted: "Run" then goes to the end at once.
export function createControls(session, parts, still) {
  listenToSteps(session, parts, still);
  listenToModel(session, parts);
  listenToColumns(session, parts);
  fillOptions(parts.way, WAYS.map((way) => [way, way]));
  fillOptions(parts.speed, Object.keys(SPEEDS).map((speed) => [speed, SPEED_TEXTS[speed]]));
  fillOptions(parts.algorithm, ALGORITHMS.map((algorithm) => [algorithm, ALGORITHM_TEXTS[algorithm]]));
  return {
    showState: () => showState(session, parts),
    // After other columns: what can be chosen is other.
    fillChoices: () => fillChoices(session, parts),
  };
}

function listenToSteps(session, { e, m, run, restart, way, speed }, still) {
  e.addEventListener("click", () => { session.pause(); session.eStep(); });
  m.addEventListener("click", () => { session.pause(); session.mStep(); });
  run.addEventListener("click", () => (session.running ? session.pause() : session.run({ still: still() })));
  restart.addEventListener("click", () => session.restart());
  way.addEventListener("change", () => session.restart(way.value));
  speed.addEventListener("change", () => session.pace(speed.value));
}

function listenToModel(session, { less, more, structure, algorithm, temperature }) {
  const k = () => session.engine.configuration.k;
  less.addEventListener("click", () => session.configure({ k: Math.max(1, k() - 1) }));
  more.addEventListener("click", () => session.configure({ k: Math.min(MOST_SHOWN, k() + 1) }));
  structure.addEventListener("change", () => session.configure({ structure: structure.value }));
  algorithm.addEventListener("change", () => session.configure({ algorithm: algorithm.value }));
  temperature.addEventListener("input", () => session.configure({ temperature: 10 ** Number(temperature.value) }));
}

function listenToColumns(session, { across, up, columns }) {
  across.addEventListener("change", () => {
    const other = session.view.up === Number(across.value) ? session.view.across : session.view.up;
    session.look({ across: Number(across.value), up: other });
  });
  up.addEventListener("change", () => session.look({ up: up.value === "" ? null : Number(up.value) }));
  columns.addEventListener("change", () => {
    const places = [...columns.querySelectorAll("input:checked")].map((box) => Number(box.value));
    if (places.length > 0) session.useColumns(places);
    showColumns(session, columns);
  });
}

function fillOptions(select, options) {
  select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
}

function fillChoices(session, { across, up, columns, structure }) {
  const names = session.names();
  fillOptions(across, names.map((name, c) => [c, name]));
  fillOptions(up, [...names.map((name, c) => [c, name]), ["", "– (one column)"]]);
  up.closest("label").hidden = names.length === 1;
  const offered = session.data.d === 1
    ? [["EEE", "one variance for all components"], ["VVV", "a variance of its own for each"]]
    : STRUCTURES.map((name) => [name, `${name}: ${structureText(name)}`]);
  fillOptions(structure, offered);
  columns.replaceChildren(...session.table.names.map((name, c) => (
    el("label", { class: "tick" }, el("input", { type: "checkbox", value: c }), isolated(name)))));
  showColumns(session, columns);
}

// The last column of a model cannot be left out.
function showColumns(session, columns) {
  columns.querySelectorAll("input").forEach((box) => {
    box.checked = session.places.includes(Number(box.value));
    box.disabled = box.checked && session.places.length === 1;
  });
}

function showState(session, parts) {
  const { engine, view, running, way, speed } = session;
  const { k, structure, algorithm, temperature } = engine.configuration;
  parts.e.classList.toggle("next", engine.phase === "E");
  parts.m.classList.toggle("next", engine.phase === "M");
  parts.run.lastChild.textContent = running ? "Pause" : "Run";
  parts.run.classList.toggle("running", running);
  parts.k.textContent = String(k);
  parts.less.disabled = k === 1;
  parts.more.disabled = k === MOST_SHOWN;
  [[parts.structure, structure], [parts.algorithm, algorithm], [parts.way, way], [parts.speed, speed],
    [parts.across, view.across], [parts.up, view.up ?? ""]].forEach(([select, value]) => { select.value = String(value); });
  parts.temperature.value = Math.log10(temperature);
  parts.temperatureText.textContent = `T = ${figure(temperature, 2)}`;
  parts.temperature.setAttribute("aria-valuetext", figure(temperature, 2));
  parts.temperature.closest("label").hidden = algorithm !== "tempered";
}
