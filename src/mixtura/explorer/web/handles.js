// What can be taken by hand: the mean of each component, and the axes of the chosen one. Pointer and arrow keys
// do the same.

import { svg } from "../../report/web/dom.js";
import { componentText, handleText } from "./spoken.js";

const RADII = { narrow: 9, wide: 11 }; // of a mean, in pixels
const NARROW = 480; // pixels of a picture
const KEY_STEP = 4; // pixels of an arrow key; five times as many with Shift
const SHORTEST = 4; // pixels of a half axis
const APART = 28; // pixels between a mean and what is beside it, so that both can be taken

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function createHandles(session, picture) {
  const layer = svg("g", { class: "handles" });
  const stems = svg("g", { "clip-path": "url(#picture-clip)" });
  const handles = { means: [], ends: [], stems, layer };
  return Object.assign(handles, {
    // After the picture was laid out, or the number of components changed.
    build() {
      const { k } = session.engine.configuration;
      handles.means = Array.from({ length: k }, (_, j) => meanHandle(session, picture, j));
      handles.ends = (session.view.up === null ? [0] : [0, 1]).map((axis) => endHandle(session, picture, axis));
      layer.replaceChildren(stems, ...handles.means.flatMap((mean, j) => (j === session.chosen ? [mean, ...handles.ends] : [mean])));
      picture.above.append(layer);
    },
    place: () => place(handles, session, picture),
    // What screen readers say of them.
    label() {
      handles.means.forEach((mean, j) => mean.setAttribute("aria-label", componentText(session, j)));
      handles.ends.forEach((end, axis) => end.setAttribute("aria-label", handleText(session, session.chosen, axis)));
    },
    focusMean: (j) => handles.means[j]?.focus(),
  });
}

function place({ means, ends, stems }, session, picture) {
  const components = picture.scene.components();
  components.forEach(({ mean }, j) => {
    means[j].setAttribute("transform", `translate(${mean[0]} ${mean[1]})`);
    means[j].classList.toggle("chosen", j === session.chosen);
  });
  const chosen = components[session.chosen];
  const places = picture.scene.handlesOf(chosen).map((end) => keptOff(chosen.mean, end));
  stems.replaceChildren(...places.map(([x2, y2]) => {
    const line = svg("line", { class: "stem", x1: chosen.mean[0], y1: picture.scene.floor === undefined ? chosen.mean[1] : y2, x2, y2 });
    line.style.stroke = `var(--component-${session.chosen})`;
    return line;
  }));
  ends.forEach((end, axis) => {
    end.setAttribute("transform", `translate(${places[axis][0]} ${places[axis][1]})`);
    end.style.setProperty("--own", `var(--component-${session.chosen})`);
  });
}

function meanHandle(session, picture, j) {
  const r = picture.host.clientWidth <= NARROW ? RADII.narrow : RADII.wide;
  const disc = svg("circle", { class: "centre", r });
  disc.style.fill = `var(--component-${j})`;
  const number = svg("text", { class: "centre-number", y: 0.4 * r, "font-size": 1.15 * r, "text-anchor": "middle" }, String(j + 1));
  number.style.fill = `var(--on-component-${j})`;
  const handle = svg("g", { class: "handle", tabindex: 0, role: "button", "data-mean": j },
    svg("circle", { class: "grip", r: 20 }), disc, number);
  const to = ([x, y]) => session.moveMean(j, inData(session, picture, within(picture, [x, y])));
  const from = () => picture.scene.components()[j].mean;
  handle.addEventListener("focus", () => { if (session.chosen !== j) session.choose(j); });
  listen(handle, { session, picture, from, to });
  handle.addEventListener("keydown", (event) => {
    const step = { "+": 0.02, "=": 0.02, "-": -0.02 }[event.key];
    if (step === undefined || session.engine.configuration.k === 1) return;
    event.preventDefault();
    const weight = session.engine.mixture.weights[j] + step;
    session.weigh(j, Math.min(0.98, Math.max(0.02, weight)));
  });
  return handle;
}

function endHandle(session, picture, axis) {
  const handle = svg("g", { class: "handle end", tabindex: 0, role: "button", "data-axis": axis },
    svg("circle", { class: "grip", r: 16 }), svg("rect", { class: "knob", x: -5, y: -5, width: 10, height: 10, rx: 2 }));
  const chosen = () => picture.scene.components()[session.chosen];
  const to = ([x, y]) => {
    const { mean, axes } = chosen();
    const map = picture.scene.pulled(axes, axis, atLeast([x - mean[0], y - mean[1]]));
    session.reshape(session.chosen, map);
  };
  const from = () => picture.scene.handlesOf(chosen())[axis];
  listen(handle, { session, picture, from, to });
  return handle;
}

function listen(handle, { session, picture, from, to }) {
  let grip = null; // where the pointer took it, from its middle
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const [x, y] = from();
    const [px, py] = pointerPlace(picture, event);
    grip = [px - x, py - y];
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    session.dragging = true;
    event.preventDefault();
    event.stopPropagation();
  });
  handle.addEventListener("pointermove", (event) => {
    if (grip === null) return;
    const [px, py] = pointerPlace(picture, event);
    to([px - grip[0], py - grip[1]]);
    event.stopPropagation();
  });
  ["pointerup", "pointercancel"].forEach((kind) => handle.addEventListener(kind, () => {
    if (grip === null) return;
    grip = null;
    session.dragging = false;
    session.tell("dropped");
  }));
  handle.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = from();
    const step = KEY_STEP * (event.shiftKey ? 5 : 1);
    to([x + arrow[0] * step, y + arrow[1] * step]);
    session.tell("dropped");
  });
}

function pointerPlace({ host }, { clientX, clientY }) {
  const box = host.getBoundingClientRect();
  return [clientX - box.left, clientY - box.top];
}

function within({ drawn: { inner } }, [x, y]) {
  return [Math.min(inner.right, Math.max(inner.left, x)), Math.min(inner.bottom, Math.max(inner.top, y))];
}

function inData({ view }, { drawn }, [x, y]) {
  return view.up === null ? [drawn.xOf(x)] : [drawn.xOf(x), drawn.yOf(y)];
}

function atLeast([x, y]) {
  const length = Math.hypot(x, y);
  if (length >= SHORTEST) return [x, y];
  return length > 0 ? [(x / length) * SHORTEST, (y / length) * SHORTEST] : [SHORTEST, 0];
}

function keptOff([x, y], [toX, toY]) {
  const [u, v] = [toX - x, toY - y];
  const longer = Math.max(1, APART / Math.hypot(u, v));
  return [x + longer * u, y + longer * v];
}
