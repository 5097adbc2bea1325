// When a run has come to its end: the rule of mixtura/stopping.py, with its numbers.

const TOLERANCE = 1e-7; // nats per row
const RATIOS = 3;

/** What gains and projections are judged by: projections of EM are a little too small. */
export const ENOUGH = 0.75 * TOLERANCE;

/**
 * Whether objectives, in nats per row, have settled: the last gain is nothing but rounding, or both it
 * and what is projected to remain (Aitken) are below the tolerance.
 */
export function hasSettled(objectives) {
  const last = objectives.slice(-(RATIOS + 2));
  const gains = last.slice(1).map((objective, i) => objective - last[i]);
  if (gains.length === 0) return false;
  const gain = gains.at(-1);
  if (Math.abs(gain) <= 16 * 2 ** -52 * (1 + Math.abs(last.at(-1)))) return true;
  if (gain < 0) return -gain < ENOUGH;
  return gain < ENOUGH && remaining(gains) < ENOUGH;
}

/** NaN where nothing is known: while gains do not shrink. */
function remaining(gains) {
  if (gains.length < 2 || Math.min(...gains) <= 0) return NaN;
  const rate = Math.max(...gains.slice(1).map((gain, i) => gain / gains[i]));
  return rate < 1 ? (gains.at(-1) * rate) / (1 - rate) : NaN;
}
