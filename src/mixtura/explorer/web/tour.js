// The worksheet as a tour of the page: steps to go through, with answers that are checked. What was done is
// remembered as long as the page is open.

import { el } from "../../report/web/dom.js";
import { isNear, readNumber } from "./answers.js";
import { brief } from "./numbers.js";
import { TOUR_STEPS } from "./tour_steps.js";

const narrow = window.matchMedia("(max-width: 54rem)"); // the step stands alone above the picture
const FIRST = "Do what stands above first.";

// `parts`: section, head, places, step, open, close.
export function createTour(session, parts) {
  const tour = {
    session, parts, at: -1, own: null, notes: {}, views: [], board: el("div", {}),
    done: TOUR_STEPS.map(({ tasks }) => tasks.map(() => false)), drawOne: null,
    look: (event = { kind: "looked" }) => hearStep(tour, event),
    go(to) {
      goTo(tour, to);
      parts.head.scrollIntoView({ block: narrow.matches ? "start" : "nearest" });
    },
  };
  TOUR_STEPS.forEach((step, i) => parts.places.append(placeButton(tour, step, i)));
  parts.open.addEventListener("click", () => (parts.section.hidden ? enter(tour) : leave(tour)));
  parts.close.addEventListener("click", () => leave(tour));
  session.on((event) => { if (!parts.section.hidden) hearStep(tour, event); });
  return tour;
}

function enter(tour) {
  const { table, places, view, way, engine } = tour.session;
  tour.own = table && { table, places, view, way, configuration: engine.configuration, mixture: engine.mixture };
  uncover(tour, true);
  tour.go(Math.max(0, tour.at));
}

// Whoever came with a table gets it back, as it was.
function leave({ session, own, parts }) {
  uncover({ parts }, false);
  if (own) {
    session.way = own.way;
    session.open(own.table, own);
    session.look(own.view);
    session.setMixture(own.mixture);
  }
  parts.open.focus();
}

function uncover({ parts }, open) {
  parts.section.hidden = !open;
  parts.open.setAttribute("aria-expanded", String(open));
}

function goTo(tour, to) {
  const step = TOUR_STEPS[to];
  Object.assign(tour, { at: to, notes: {}, views: [] }); // without views, what `begin` does settles nothing
  step.begin(tour);
  tour.views = step.tasks.map((task, i) => taskView(tour, task, i));
  tour.parts.step.replaceChildren(
    el("h3", {}, `${step.letter}) ${step.title}`),
    ...step.paragraphs(tour).map((text) => (typeof text === "string" ? el("p", {}, text) : text)),
    tour.board, el("ol", { class: "tasks" }, ...tour.views.map(({ item }) => item)), ways(tour));
  fillBoard(tour);
  mark(tour);
  tour.parts.step.focus({ preventScroll: true });
}

// What a step shows beside its tasks.
function fillBoard(tour) {
  const { extra } = TOUR_STEPS[tour.at];
  tour.board.replaceChildren(...(extra ? [extra(tour)] : []));
}

function ways(tour) {
  const button = (text, to, kind) => {
    const made = el("button", { type: "button", class: kind }, text);
    made.addEventListener("click", () => tour.go(to));
    return made;
  };
  const last = TOUR_STEPS.length - 1;
  return el("p", { class: "ways" },
    tour.at > 0 ? button("Back", tour.at - 1, "quiet-button") : null,
    tour.at < last ? button(`Go on to ${TOUR_STEPS[tour.at + 1].letter})`, tour.at + 1, "step-button") : null);
}

// Whether an event settles a task of this step.
function hearStep(tour, event) {
  if (tour.views.length === 0) return;
  const step = TOUR_STEPS[tour.at];
  if (step.hear) {
    step.hear(tour, event);
    if (step.keepsScore && !tour.session.running) fillBoard(tour);
  }
  step.tasks.forEach((task, i) => {
    if (task.kind === "action" && !tour.done[tour.at][i] && task.isDone(tour, event)) settle(tour, i, "Done.", task.told(tour));
  });
}

function settle(tour, i, ...words) {
  tour.done[tour.at][i] = true;
  const { item, told } = tour.views[i];
  item.classList.add("done");
  told.className = "told good";
  told.textContent = words.filter(Boolean).join(" ");
  mark(tour);
}

function mark({ parts, done, at }) {
  [...parts.places.children].forEach(({ firstChild: button }, i) => {
    const whole = done[i].every(Boolean);
    button.classList.toggle("done", whole);
    button.setAttribute("aria-label", `${TOUR_STEPS[i].letter}) ${TOUR_STEPS[i].title}${whole ? ", done" : ""}`);
    if (i === at) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
}

function placeButton(tour, { letter }, i) {
  const button = el("button", { type: "button" }, letter);
  button.addEventListener("click", () => tour.go(i));
  return el("li", {}, button);
}

function taskView(tour, task, i) {
  const told = el("p", { class: "told", "aria-live": "polite" });
  const item = el("li", { class: tour.done[tour.at][i] ? "done" : null });
  item.append(...(task.kind === "number" ? question(tour, task, i, told) : request(tour, task)), told);
  return { item, told };
}

function request(tour, task) {
  const button = el("button", { type: "button", class: "quiet-button" }, "Show me");
  button.addEventListener("click", () => task.show(tour));
  return [el("p", {}, task.ask), button];
}

function question(tour, task, i, told) {
  const field = el("input", { type: "text", inputmode: "decimal", autocomplete: "off", id: `answer-${i}` });
  const hint = el("button", { type: "button", class: "quiet-button" }, "Hint");
  const reveal = el("button", { type: "button", class: "quiet-button" }, "Show me");
  let hints = 0;
  hint.addEventListener("click", () => {
    told.className = "told";
    told.textContent = task.hints[Math.min(hints, task.hints.length - 1)];
    hints += 1;
  });
  reveal.addEventListener("click", () => {
    const wanted = task.answer(tour);
    if (Number.isNaN(wanted)) {
      told.textContent = FIRST;
      return;
    }
    field.value = wanted.toFixed(task.digits);
    settle(tour, i, "Right.", task.why(tour));
  });
  const form = el("form", {},
    el("label", { for: field.id }, `${task.ask} `, el("span", { class: "tolerance" }, `(${toleranceText(task)})`)), field,
    el("button", { class: "step-button" }, "Check"), hint, reveal);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    judge(tour, task, i, field.value, told);
  });
  return [form];
}

function toleranceText({ tolerance }) {
  return tolerance === 0 ? "a whole number" : `to within ${tolerance}`;
}

function judge(tour, task, i, text, told) {
  const given = readNumber(text);
  const wanted = task.answer(tour);
  if (isNear(given, wanted, task.tolerance)) {
    settle(tour, i, "Right.", task.why(tour));
    return;
  }
  told.className = "told bad";
  if (Number.isNaN(given)) told.textContent = "Write a number, such as 0.25 or 1/4.";
  else if (Number.isNaN(wanted)) told.textContent = FIRST;
  else told.textContent = `${wrongText(task, given, wanted)} ${task.hints[0]}`;
}

// Of what is only named by a number, none is too high.
function wrongText({ named }, given, wanted) {
  const number = brief(given);
  return named ? `Not ${number}.` : `${number} is too ${given < wanted ? "low" : "high"}.`;
}
