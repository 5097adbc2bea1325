// What whoever looks at a mixture should know of its components.

import { borrowing } from "./kernel.js";

// Of the floor: a variance as small as this lies on it.
const AT_FLOOR = 1 + 1e-6;

/** In sentences; "" for nothing. */
export function remarkOn(kernel, table, shape, { weights, covariances }) {
  const named = (test) => [...weights.keys()].filter(test).map((j) => j + 1);
  const empty = named((j) => weights[j] === 0);
  const held = named((j) => weights[j] > 0 && isHeld(kernel, table, shape, covariances, j));
  const notes = [];
  if (empty.length > 0) notes.push(`${listed(empty, "has", "have")} no rows left, and weight 0.`);
  if (held.length > 0) {
    const has = listed(held, "has", "have");
    notes.push(`${has} collapsed onto rows that are equal in some direction, and kept the least variance allowed.`);
  }
  return notes.join(" ");
}

/** Whether component j lies on the variance floor in some direction. */
function isHeld(kernel, { floor }, { d, dense, each }, covariances, j) {
  const least = kernel.view(floor, d).map((variance) => AT_FLOOR * variance);
  const own = covariances.subarray(j * each, (j + 1) * each);
  if (!dense) return own.some((variance, a) => variance <= least[a]);
  const matrix = own.byteOffset;
  return borrowing(kernel, ({ put }) => !kernel.call.exceeds(1, d, matrix, put(least)));
}

function listed(numbers, verbOfOne, verb) {
  const [noun, does] = numbers.length > 1 ? ["Components", verb] : ["Component", verbOfOne];
  return `${noun} ${numbers.join(", ")} ${does}`;
}
