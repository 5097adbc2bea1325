// The worksheet's steps a) to h). Each has paragraphs, a place to begin from, and tasks: a number to find, or
// something to do. `show` does it, or says how.

import { fixed } from "../../report/web/scales.js";
import { momentsOf } from "./formulas.js";
import { fraction, formula, math, sub, sum, symbols } from "./mathml.js";
import { change, figure, nats } from "./numbers.js";
import { optimaHere } from "./likelihood.js";
import {
  coinBoard, drawingBoard, handTable, kinTable, scoreTable,
} from "./tour_boards.js";
import {
  animalGenerator, animals, fourAnimals, herds, speciesMixture,
} from "./tour_tables.js";

const COUNT = 200;
const MANY = 1000; // iterations that are enough to converge

const given = (...names) => symbols("P", "(", ...names, ")");

// Opens a table once, and puts the mixture that the two species come from.
function withSpecies(session, table) {
  session.open(table, { configuration: { k: 2, structure: "VVV", algorithm: "soft" } });
  session.setMixture(speciesMixture());
}

function number(ask, answer, tolerance, hints, why, digits = 3) {
  return { kind: "number", ask, answer, tolerance, hints, why, digits };
}

function action(ask, isDone, show, told = () => "") {
  return { kind: "action", ask, isDone, show, told };
}

const generate = {
  letter: "a", title: "Two species: pick z, then sample",
  paragraphs: () => [
    "You are given the weights of animals. Unknown to you they are of two species, and each is as likely as the other: "
      + "P(C₁) = P(C₂) = ½. Within a species the weights are normal: around 4 kg with σ = 1, and around 10 kg with σ = 2.",
    "To generate an animal, pick its species z first, by a coin, and then draw its weight from that species.",
  ],
  begin: ({ session, notes }) => {
    notes.draw = animalGenerator(7);
    notes.drawn = 0;
    withSpecies(session, animals(COUNT, 7));
  },
  extra: (tour) => drawingBoard(tour),
  tasks: [
    action("Draw three animals, one at a time.", ({ notes }) => notes.drawn >= 3, (tour) => { for (let i = 0; i < 3; i += 1) tour.drawOne(); }),
    number("The picture has 200 animals drawn this way. How many of them do you expect to be of the first species?",
      () => 100, 0, ["P(C₁) = ½, and the coin is thrown 200 times."],
      ({ session }) => `Of these 200 there are ${session.table.kinds.filter((kind) => kind === 0).length}: the rest is chance.`, 0),
  ],
};

const density = {
  letter: "b", title: "The density at a point, by hand",
  paragraphs: () => [
    "What is the probability density at 6 kg? Either species could have given such an animal, so both count:",
    formula(given(symbols("X", "=", "x")), "=", ...term("1")),
    formula("+", ...term("2")),
    "6 kg is two deviations above the first mean and two below the second, and e⁻² / √(2π) = 0.05399.",
  ],
  begin: ({ session, notes }) => {
    withSpecies(session, animals(COUNT, 7));
    [notes.density] = session.engine.density(Float64Array.of(6), 1); // whatever is pressed since
  },
  tasks: [
    number("P(X = 6 kg) =", ({ notes }) => notes.density, 0.0005,
      ["The first term is ½ · 0.05399 / 1.", "The second is ½ · 0.05399 / 2. Add the two."],
      () => "½ · 0.05399 + ½ · 0.05399 / 2 = 0.0405.", 4),
    number("How probable is it that an animal of 6 kg is of the first species?",
      () => 2 / 3, 0.005, ["Bayes: the first term of the sum, divided by the whole sum.", "0.0270 / 0.0405"],
      () => "0.0270 / 0.0405 = 2/3: this is P(C₁ | x), and it is soft."),
  ],
};

// What one species adds to the density.
function term(j) {
  const squared = math("msup", symbols("(", fraction(symbols("x", "−", sub("μ", j)), sub("σ", j)), ")"), math("mn", "2"));
  const exponent = symbols("−", fraction(math("mn", "1"), math("mn", "2")), squared);
  return [given(sub("C", j)), fraction(math("mn", "1"), symbols(sub("σ", j), math("msqrt", symbols("2", "π")))),
    math("msup", math("mi", "e"), exponent)];
}

const coin = {
  letter: "c", title: "The coin: maximum likelihood",
  paragraphs: () => [
    "A coin fell H T T H T. How would you estimate p, the probability of H? Take the p that makes what was seen most probable:",
    formula(given(symbols("what was seen")), "=", math("msup", math("mi", "p"), math("mn", "2")),
      math("msup", symbols("(", "1", "−", "p", ")"), math("mn", "3"))),
  ],
  begin: () => {},
  extra: () => coinBoard(),
  tasks: [
    number("Which p is best?", () => 0.4, 0.001,
      ["Move the slider until the mark stands highest.", "Two of five tosses were H."],
      () => "2/5, the share of H that was seen. (Slides that say 4/10 say the same number.)", 1),
  ],
};

const byHand = {
  letter: "d", title: "E and M by hand",
  paragraphs: () => [
    "Four animals weigh 2, 4, 6 and 10 kg. The picture has θ as in a): both species equally likely, N(4, 1) and N(10, 2).",
    "E asks how probable each species is for each animal. M takes these shares as weights of a mean:",
    formula(math("msub", math("mover", math("mi", "μ"), math("mo", "^")), math("mi", "j")), "=", fraction(
      symbols(sum(symbols("i")), given(sub("C", "j"), "|", sub("x", "i")), sub("x", "i")),
      symbols(sum(symbols("i")), given(sub("C", "j"), "|", sub("x", "i"))))),
  ],
  begin: ({ session, notes }) => {
    withSpecies(session, fourAnimals());
    session.choose(0);
    session.focusRow(2);
    notes.shares = session.engine.posterior.slice(); // of the first E-step, whatever is pressed since
    notes.sums = momentsOf({ engine: session.engine, data: session.data, chosen: 0, given: notes.shares });
  },
  hear: ({ notes }, { kind }) => { if (kind === "E") notes.assigned = true; },
  keepsScore: true,
  extra: ({ notes: { assigned, shares } }) => handTable(assigned ? shares : null),
  tasks: [
    action("Press E: every animal gets its two shares.", (_, { kind }) => kind === "E", ({ session }) => session.eStep(),
      () => "The shares stand in the table above, as the library computes them."),
    number("M, by hand: what will P(C₁) be, the mean of the four shares of species 1?",
      ({ notes: { sums } }) => sums.count / 4, 0.003, ["Add the four shares of species 1 and divide by 4.", "(0.999 + 0.994 + 0.667 + 0.000) / 4"],
      ({ notes: { sums } }) => `${figure(sums.count)} / 4 = ${figure(sums.count / 4)}.`),
    number("And its mean μ₁, in kg?", ({ notes: { sums } }) => sums.mean[0], 0.01,
      ["Weigh each animal by its share: 0.999 · 2 + 0.994 · 4 + 0.667 · 6, divided by the sum of the shares.", "9.975 / 2.660"],
      ({ notes: { sums } }) => `${figure(sums.sums[0])} / ${figure(sums.count)} = ${figure(sums.mean[0])} kg.`),
    action("Press M, and compare: the first mean moves to your number.", (_, { kind }) => kind === "M", ({ session }) => session.mStep(),
      ({ session }) => `The engine has P(C₁) = ${figure(session.engine.mixture.weights[0])} and μ₁ = ${figure(session.engine.mixture.means[0])}.`),
  ],
};

const rising = {
  letter: "e", title: "The log-likelihood rises",
  paragraphs: () => [
    "E and M by turns: each pair raises the log-likelihood, or leaves it where it is. That is all that EM promises.",
    "Start anywhere, and watch the number, the bar and its course.",
  ],
  begin: ({ session }) => {
    session.open(animals(COUNT, 7), { configuration: { k: 2 } });
    session.restart("random");
  },
  tasks: [
    action("Press E and M in turn, three times (or N six times).", ({ session }) => session.engine.iterations >= 3,
      ({ session }) => { for (let i = 0; i < 6; i += 1) session.nextStep(); },
      ({ session: { engine: { trace } } }) => `It rose by ${trace.slice(1, 4).map((value, i) => figure(value - trace[i], 3)).join(", ")}.`),
    action("Run until it no longer changes.", ({ session }) => session.engine.converged, ({ session }) => runToTheEnd(session),
      ({ session }) => `A hill top of the likelihood: ${nats(session.engine.logLikelihood)} after ${session.engine.iterations} iterations.`),
    action("Now move one of the means by hand (drag it, or Tab to it and press an arrow key). Can you do better?",
      ({ session, notes }, { kind }) => kind === "dropped" && Number.isFinite(notes.top) && session.engine.logLikelihood < notes.top,
      ({ session }) => { const [mean] = session.engine.mixture.means; session.moveMean(0, [mean + 0.5]); session.tell("dropped"); },
      ({ session, notes }) => `${change(session.engine.logLikelihood - notes.top)}: nothing near a hill top is higher.`),
  ],
  hear: ({ session, notes }) => { if (session.engine.converged) notes.top = session.engine.logLikelihood; },
};

// A walk that draws would never settle.
function runToTheEnd(session) {
  session.configure({ algorithm: "soft" });
  session.iterate(MANY);
}

const restarts = {
  letter: "f", title: "Restarts that end elsewhere",
  paragraphs: () => [
    "EM climbs the hill that it starts on. Here are 240 animals on a plain, in four herds; four components started from rows drawn "
      + "at random may share them out wrongly, and stay so.",
    "Start anew and run, some times. The marks on the bar are the local optima that runs ended in.",
  ],
  begin: ({ session }) => {
    session.open(herds(240, 1), { configuration: { k: 4 } });
    session.restart("random");
  },
  tasks: [
    action("Restart and Run until two different optima are on the bar.", ({ session }) => optimaHere(session).length >= 2,
      ({ session }) => {
        session.configure({ k: 4, algorithm: "soft" });
        for (let i = 0; i < 30 && optimaHere(session).length < 2; i += 1) {
          session.restart("random");
          session.iterate(MANY);
        }
      },
      ({ session }) => `${optimaHere(session).map(({ logLikelihood }) => nats(logLikelihood)).join(" and ")}: the same data, the same k, other starts.`),
    number("Which is the best log-likelihood that you found so far?", ({ session }) => optimaHere(session)[0]?.logLikelihood ?? NaN, 0.5,
      ["The highest is the one nearest to zero, as all are below it.", "The sentence under “The log-likelihood” lists them, the best first."],
      () => "So reinitialize, and keep the best. That is what n_init does in the library.", 1),
  ],
};

const choosing = {
  letter: "g", title: "Choosing k",
  paragraphs: () => [
    "More components always fit better, so the log-likelihood alone would take as many as it can. BIC subtracts what each further number costs: "
      + "BIC = p log n − 2 ℓ, and lower is better.",
    "Try k from 1 to 6: set it, run it, and start anew where a run ended badly. The best of each is kept here.",
  ],
  begin: ({ session, notes }) => {
    notes.bic = new Map();
    session.open(herds(240, 1), { configuration: { k: 1 } });
    session.restart("k-means++");
  },
  hear: ({ session, notes }) => {
    const { converged, configuration: { k }, bic } = session.engine;
    if (converged) notes.bic.set(k, Math.min(bic, notes.bic.get(k) ?? Infinity));
  },
  keepsScore: true,
  extra: ({ notes: { bic } }) => scoreTable(
    [...bic.keys()].sort((a, b) => a - b).map((k) => [`k = ${k}`, fixed(bic.get(k), 0)]), "BIC"),
  tasks: [
    action("Find a BIC for each k from 1 to 6.", ({ notes }) => [1, 2, 3, 4, 5, 6].every((k) => notes.bic.has(k)), tryAll,
      () => "They stand in the table above."),
    number("Which k has the lowest BIC?", () => 4, 0, ["Look for the smallest number in the table.", "If several starts ended badly, run that k again."],
      () => "Four herds, four components. BIC was not told.", 0),
  ],
};

function tryAll({ session }) {
  for (let k = 1; k <= 6; k += 1) {
    session.configure({ k, algorithm: "soft" });
    for (let start = 0; start < 8; start += 1) {
      session.restart("k-means++");
      session.iterate(MANY);
    }
  }
}

const ASSIGNMENTS_COMPARED = ["soft", "hard", "stochastic"];
const WALK = 30; // iterations of a walk that draws

const kin = {
  letter: "h", title: "Soft, hard and stochastic side by side",
  paragraphs: () => [
    "EM has kin that differ in E alone. Hard EM gives each animal wholly to the likeliest species; stochastic EM draws the species with the "
      + "probabilities. Soft EM gives shares.",
    "Choose each under “Assignment” and run it (the stochastic one never settles: pause it after 30 iterations or more). "
      + "What each ended with is kept here.",
  ],
  begin: ({ session, notes }) => {
    notes.ends = new Map();
    session.open(animals(COUNT, 7), { configuration: { k: 2, algorithm: "soft" } });
  },
  hear: ({ session, notes }) => {
    const { converged, iterations, configuration: { algorithm }, mixture, logLikelihood } = session.engine;
    const settled = algorithm === "stochastic" ? iterations >= WALK : converged;
    if (settled) notes.ends.set(algorithm, { mixture, logLikelihood });
  },
  keepsScore: true,
  extra: ({ notes }) => kinTable(notes.ends, ASSIGNMENTS_COMPARED),
  tasks: [
    action("Run all three.", ({ notes }) => ASSIGNMENTS_COMPARED.every((name) => notes.ends.has(name)),
      ({ session }) => ASSIGNMENTS_COMPARED.forEach((algorithm) => {
        session.configure({ algorithm });
        session.restart("k-means++");
        session.iterate(algorithm === "stochastic" ? WALK : MANY);
      }), () => "Compare the deviations: hard EM cuts the tails off where species overlap."),
    { ...number("Which of the three maximizes the log-likelihood: 1 soft, 2 hard or 3 stochastic?", () => 1, 0,
      ["Look at the last column of the table.", "Only one of them climbs the log-likelihood itself."],
      () => "Soft EM. Hard EM climbs another function, and stochastic EM walks around the top.", 0), named: true },
  ],
};

export const TOUR_STEPS = [generate, density, coin, byHand, rising, restarts, choosing, kin];
