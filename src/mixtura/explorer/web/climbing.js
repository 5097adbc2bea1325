// Many iterations of plain EM in one call of the kernel: see em_loop.h.

import { borrowing } from "./kernel.js";
import { ENOUGH } from "./stopping.js";

// Objectives that tell the rate at which gains shrink.
const TELLING = 4;

/**
 * Climb from the first of three mixtures, `most` iterations at most.
 *
 * @param {object} kernel
 * @param {object} table
 * @param {object} shape
 * @param {number} state       the place of three mixtures, one after the other
 * @param {number[]} objectives    of those before, per unit of weight
 * @param {number} most
 * @returns {{made: number, place: number, left: Float64Array}} how many iterations, which of the three
 *     mixtures they end at, and the objectives of those that were left
 */
export function climbFrom(kernel, table, shape, state, objectives, most) {
  const { k, d, dense, ties } = shape;
  const known = objectives.slice(-TELLING);
  return borrowing(kernel, ({ take, put }) => {
    const trace = put([...known, ...new Float64Array(most)]);
    const work = take(kernel.call.work_size(k, d, dense));
    const scratch = take(kernel.call.scratch_size(d, k, dense) / 8);
    const end = take(1);
    const made = kernel.call.iterate(table.rows, table.n, d, table.weights, ...ties, table.floor,
      ENOUGH, k, state, trace, known.length, most, work, scratch, end);
    const numbers = kernel.view(trace, known.length + most);
    return {
      made,
      place: new Int32Array(numbers.buffer, end, 1)[0],
      left: numbers.slice(known.length, known.length + made),
    };
  });
}
