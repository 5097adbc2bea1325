// What happened, in words with numbers: the line under the picture, which screen readers read out.

import { counted, fixed, percent } from "../../report/web/scales.js";
import { figure, isRounding, nats, part } from "./numbers.js";

const SURE = 0.95;

export function componentText(session, j) {
  const { weights } = session.engine.mixture;
  return `Mean of component ${j + 1}: ${placeText(session, j)}; weight ${percent(weights[j])}. `
    + "Arrow keys move it, plus and minus change its weight.";
}

export function handleText(session, j, axis) {
  if (session.view.up === null) {
    return `Standard deviation of component ${j + 1}: ${figure(deviationOf(session, j, session.view.across))}. Left and right change it.`;
  }
  return `End of the ${axis === 0 ? "longer" : "shorter"} axis of component ${j + 1}. Arrow keys stretch and turn the ellipse.`;
}

function placeText(session, j) {
  const { d } = session.data;
  const names = session.names();
  return session.viewed().map((c) => `${names[c]} ${figure(session.engine.mixture.means[j * d + c])}`).join(", ");
}

function deviationOf(session, j, c) {
  const { d } = session.data;
  return Math.sqrt(session.engine.mixture.covariances[j * d * d + c * d + c]);
}

// A sentence or two about an event; "" for what needs none.
export function spoken(session, { kind, ...details }) {
  const teller = TELLERS[kind];
  return teller ? [teller(session, details), details.note ?? ""].filter(Boolean).join(" ") : "";
}

const TELLERS = {
  opened: (session) => `${session.table.title}: ${counted(session.data.n, "row")}, ${counted(session.data.d, "column")}. ${startText(session)}`,
  columns: (session) => `The model now has ${counted(session.data.d, "column")}: ${session.names().join(", ")}. ${startText(session)}`,
  E: (session) => `E-step: every row got its responsibilities; ${sureText(session)}. Next: M.`,
  M: (session, { before }) => "M-step: weights, means and covariances follow the responsibilities. "
    + `The log-likelihood ${riseText(before, session.engine.logLikelihood)}. Next: E.`,
  iterated: (session, { iterations, before }) => (session.running && !session.engine.converged ? ""
    : endText(session, iterations, before)),
  restarted: (session) => startText(session),
  set: (session) => `The mixture is given; log-likelihood ${nats(session.engine.logLikelihood)}. Next: E.`,
  configured: (session, { changes }) => ("k" in changes ? startText(session)
    : `The log-likelihood is ${nats(session.engine.logLikelihood)}. Next: ${session.engine.phase}.`),
  running: () => "Running.",
  paused: ({ engine }, { early = true }) => (engine.converged ? ""
    : `${early ? "Paused" : "Not settled"} after ${counted(engine.iterations, "iteration")} at ${nats(engine.logLikelihood)}. `
      + "Run goes on from here."),
  dropped: (session) => `Component ${session.chosen + 1}: ${placeText(session, session.chosen)}; `
    + `log-likelihood ${nats(session.engine.logLikelihood)}. Next: E.`,
  refused: (_, { message }) => message,
  focus: (session, { aloud }) => (aloud ? rowText(session) : ""),
};

function startText(session) {
  const { configuration: { k }, phase, logLikelihood } = session.engine;
  return `A start with ${counted(k, "component")} (${session.way}); log-likelihood ${nats(logLikelihood)}. Next: ${phase}.`;
}

function sureRows({ engine: { posterior, configuration: { k } }, data: { n } }) {
  let sure = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < k; j += 1) if (posterior[i * k + j] > SURE) sure += 1;
  }
  return sure;
}

function sureText(session) {
  return `${percent(sureRows(session) / session.data.n)} of the rows belong to one component with more than 0.95`;
}

function riseText(before, after) {
  const rise = after - before;
  if (isRounding(before, after)) return `stays at ${nats(after)}`;
  return `${rise > 0 ? "rose" : "fell"} by ${figure(Math.abs(rise), 3)} to ${nats(after)}`;
}

function endText(session, iterations, before) {
  const { converged, logLikelihood, optima, configuration: { k, structure } } = session.engine;
  if (!converged) return `${counted(iterations, "iteration")}: the log-likelihood ${riseText(before, logLikelihood)}.`;
  const here = optima.find((optimum) => optimum.k === k && optimum.structure === structure
    && Math.abs(optimum.logLikelihood - logLikelihood) < 1e-6 * Math.abs(logLikelihood));
  const often = here && here.found > 1 ? ` Runs ended here ${here.found} times.` : "";
  return `Converged after ${counted(session.engine.iterations, "iteration")} at a log-likelihood of ${nats(logLikelihood)}.${often}`;
}

function rowText(session) {
  const { focus, engine, data } = session;
  if (focus < 0) return "";
  const { k } = engine.configuration;
  const names = session.names();
  const values = names.map((name, c) => `${name} ${figure(data.rows[focus * data.d + c])}`);
  const shares = Array.from({ length: k }, (_, j) => `component ${j + 1}, ${part(engine.posterior[focus * k + j])}`);
  return `Row ${data.kept[focus] + 1}: ${values.join(", ")}. Responsibilities: ${shares.join("; ")}.`;
}

// Of the whole state, in a few sentences, when it is asked for.
export function summaryText(session) {
  const { engine, data } = session;
  const { k, structure, algorithm } = engine.configuration;
  const each = Array.from(engine.mixture.weights, (weight, j) => (
    `component ${j + 1} has weight ${percent(weight)} and its mean at ${placeText(session, j)}`));
  return `${counted(data.n, "row")}, ${counted(k, "component")}, structure ${structure}, ${algorithm} assignment. Log-likelihood ${nats(engine.logLikelihood)}, `
    + `BIC ${fixed(engine.bic, 1)}. ${each.join("; ")}. Next: ${engine.phase}.`;
}
