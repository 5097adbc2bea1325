// What is going on: the table, the engine, and what is looked at. Everything that happens goes through
// here and is told to those who listen, so that pictures, words and the tour see the same.

import { valueFormat } from "../../report/web/scales.js";
import { createEngine } from "./engine.js";
import { mapped } from "./ellipse.js";
import { completeRows, firstColumns } from "./columns.js";

const SECOND = 1000;

// Iterations a second of "Run"; 0 is one a frame.
export const SPEEDS = { slow: 2, steady: 10, fast: 0 };

const AT_ONCE = 1000; // iterations of a run that is not watched

export function createSession(kernel) {
  const listeners = [];
  const session = {
    table: null, places: [], data: null, engine: null, view: { across: 0, up: null },
    way: "k-means++", speed: "steady", chosen: 0, focus: -1, row: 0, running: false, latest: null, dragging: false,
    assigned: false, given: null, // whether rows have responsibilities, and those that the last E-step gave
    on: (listener) => listeners.push(listener),
    tell: (kind, details = {}) => listeners.forEach((listener) => listener({ kind, ...details })),
  };
  return Object.assign(
    session, tableVerbs(session, kernel), stepVerbs(session), settingVerbs(session), handVerbs(session));
}

// Opening a table, and choosing the columns of model and view.
function tableVerbs(session, kernel) {
  const begin = (places, configuration) => {
    const data = completeRows(session.table, places);
    if (data.n < 2) throw new RangeError("Fewer than two rows have a number in each of these columns: choose others.");
    const engine = createEngine(kernel, data, configuration); // may refuse: nothing is changed then
    session.engine?.dispose();
    Object.assign(session, { places, data, engine, focus: -1, row: 0, chosen: 0, assigned: false, given: null });
    session.formats = places.map((_, c) => formatOf(columnOf(data, c)));
    session.view = { across: 0, up: places.length > 1 ? 1 : null };
  };
  return {
    open(table, { places = firstColumns(table), configuration = {} } = {}) {
      session.pause();
      const before = session.table;
      session.table = table;
      try {
        begin(places, configuration);
      } catch (error) {
        session.table = before;
        throw error;
      }
      session.tell("opened");
    },
    useColumns(places) {
      session.pause();
      session.attempt(() => {
        begin(places, session.engine.configuration);
        session.tell("columns");
      });
    },
    look(view) {
      session.view = { ...session.view, ...view };
      session.tell("view");
    },
    names: () => session.places.map((c) => session.table.names[c]),
    column: (c) => columnOf(session.data, c),
  };
}

function columnOf({ rows, n, d }, c) {
  return Float64Array.from({ length: n }, (_, i) => rows[i * d + c]);
}

// As many digits as tell the values of a column apart.
function formatOf(column) {
  return valueFormat(column.reduce((least, value) => Math.min(least, value)), column.reduce((most, value) => Math.max(most, value)));
}

// The steps of EM. What cannot be done is told, and changes nothing.
function stepVerbs(session) {
  const step = (kind, act) => {
    const before = session.engine.logLikelihood;
    return session.attempt(() => {
      session.assigned = true;
      session.given = null;
      const result = act(session.engine);
      session.tell(kind, { before, note: session.engine.note, ...result });
    });
  };
  // An E-step, unless one was made; M takes what it gave, which is then still to be seen.
  const assign = (engine) => {
    if (engine.phase === "E") engine.eStep();
    session.given = engine.responsibilities;
  };
  return {
    attempt(act) {
      try {
        act();
        return true;
      } catch (error) {
        session.pause();
        session.tell("refused", { message: error.message });
        return false;
      }
    },
    eStep: () => step("E", assign),
    mStep: () => step("M", (engine) => {
      assign(engine);
      engine.mStep();
    }),
    // One by one, what each E-step gave can be seen.
    iterate: (count) => step("iterated", (engine) => {
      if (count === 1) assign(engine);
      return engine.iterate(count);
    }),
    nextStep: () => (session.engine.phase === "E" ? session.eStep() : session.mStep()),
    restart(way = session.way) {
      session.pause();
      session.way = way;
      session.attempt(() => {
        session.engine.restart(way);
        Object.assign(session, { assigned: false, given: null });
        session.tell("restarted", { way });
      });
    },
    run({ still = false } = {}) {
      if (session.running) return;
      if (still) {
        session.iterate(AT_ONCE);
        session.tell("paused", { early: false });
        return;
      }
      const run = {}; // another one than before: frames that a paused run asked for are not its own
      Object.assign(session, { running: true, latest: run });
      session.tell("running");
      requestAnimationFrame((now) => keepRunning(session, run, now, now));
    },
    pause() {
      if (!session.running) return;
      session.running = false;
      session.tell("paused");
    },
  };
}

// A walk that draws never converges, and goes on until it is paused.
function keepRunning(session, run, due, now) {
  if (!session.running || session.latest !== run) return;
  const pace = SPEEDS[session.speed];
  let next = due;
  if (pace === 0 || now >= due) {
    next = pace === 0 ? now : Math.max(now, due + SECOND / pace);
    if (!session.iterate(1)) return;
    if (session.engine.converged) {
      session.pause();
      return;
    }
  }
  requestAnimationFrame((later) => keepRunning(session, run, next, later));
}

function settingVerbs(session) {
  return {
    configure(changes) {
      if ("k" in changes) session.pause();
      session.attempt(() => {
        session.engine.configure(changes);
        session.given = session.engine.responsibilities;
        if ("k" in changes || "seed" in changes) session.assigned = false;
        session.chosen = Math.min(session.chosen, session.engine.configuration.k - 1);
        session.tell("configured", { changes });
      });
    },
    choose(component) {
      session.chosen = component;
      session.tell("chosen");
    },
    focusRow(row, { aloud = false } = {}) {
      if (row === session.focus && !aloud) return;
      session.focus = row;
      if (row >= 0) session.row = row;
      session.tell("focus", { aloud });
    },
    pace(speed) {
      session.speed = speed;
      session.tell("pace");
    },
  };
}

// Moving a component by hand, in the columns of the view.
function handVerbs(session) {
  const put = (component, change) => {
    session.pause();
    const { d } = session.data;
    const { weights, means, covariances } = session.engine.mixture;
    const mixture = {
      weights: Float64Array.from(weights), means: Float64Array.from(means), covariances: Float64Array.from(covariances),
    };
    session.attempt(() => {
      change(mixture, d);
      session.engine.setMixture(mixture);
      Object.assign(session, { assigned: true, given: null });
      session.tell("moved", { component });
    });
  };
  return {
    // `place` has a value for each column of the view.
    moveMean(component, place) {
      put(component, ({ means }, d) => {
        session.viewed().forEach((c, i) => { means[component * d + c] = place[i]; });
      });
    },
    // A linear map of the columns of the view.
    reshape(component, map) {
      put(component, ({ covariances }, d) => {
        const at = component * d * d;
        covariances.set(mapped(covariances.subarray(at, at + d * d), d, session.viewed(), map), at);
      });
    },
    setMixture(mixture) {
      session.attempt(() => {
        session.engine.setMixture(mixture);
        Object.assign(session, { assigned: false, given: null });
        session.tell("set");
      });
    },
    weigh(component, weight) {
      put(component, ({ weights }) => {
        const rest = 1 - weights[component];
        weights.forEach((other, j) => { weights[j] = j === component ? weight : (other / rest) * (1 - weight); });
      });
    },
    viewed: () => (session.view.up === null ? [session.view.across] : [session.view.across, session.view.up]),
    shares: () => session.given ?? (session.assigned ? session.engine.posterior : null),
  };
}
