// Drives engines by a list of problems, given as a JSON file, and prints what they answer.
//
// A problem has a table, a configuration and steps: [verb, ...arguments], or ["read", name], whose
// answers are collected.
import { readFileSync } from "node:fs";

const [, , explorer, problems] = process.argv;
const { createEngine, startKernel } = await import(`${explorer}/web/engine.js`);
const { drawnLabels } = await import(`${explorer}/web/assignments.js`);
const kernel = await startKernel(readFileSync(`${explorer}/kernel.wasm`));

function plain(value) {
  if (ArrayBuffer.isView(value)) return Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

// Lists of numbers are taken for arrays of doubles, as a page has them.
function typed(value) {
  if (Array.isArray(value)) return value.every(Number.isInteger) ? value : Float64Array.from(value);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, Float64Array.from(part)]));
}

function answered({ table, configuration, steps, draws }) {
  if (draws) return [plain(drawnLabels(draws.share, draws.n, draws.k, draws.uniform))];
  const { rows, weights, ...shape } = table;
  const own = { ...shape, rows: Float64Array.from(rows) };
  if (weights) own.weights = Float64Array.from(weights);
  const answers = [];
  try {
    const engine = createEngine(kernel, own, configuration);
    for (const [verb, ...given] of steps) {
      if (verb === "read") answers.push(plain(engine[given[0]]));
      else if (verb === "configure") answers.push(engine.configure(given[0]) ?? null);
      else answers.push(plain(engine[verb](...given.map(typed))) ?? null);
    }
    engine.dispose();
  } catch (error) {
    answers.push({ error: error.constructor.name, message: error.message });
  }
  return answers;
}

console.log(JSON.stringify(JSON.parse(readFileSync(problems, "utf8")).map(answered)));
