// Runs one pass of the WebAssembly kernel on a problem given as JSON, and prints its sums.
import { readFileSync } from "node:fs";

const [, , wasm, problemFile] = process.argv;
const { rows, weight, means, whitening, constants, n, d, k, dense } = JSON.parse(
  readFileSync(problemFile, "utf8"),
);
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {});
const kernel = instance.exports;

let top = kernel.__heap_base.value;
function place(values) {
  top = (top + 63) & ~63;
  const start = top;
  top += 8 * values.length;
  const missing = top - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / 65536));
  new Float64Array(kernel.memory.buffer, start, values.length).set(values);
  return start;
}

const size = 2 + k * (1 + d + (dense ? d * d : d));
const scratch = place(new Float64Array(kernel.mixtura_scratch_size(d, k, dense) / 8));
const [x, w, m, factors, c] = [rows, weight, means, whitening, constants].map(place);
const sums = place(new Float64Array(size));
kernel.mixtura_expect(x, n, d, w, k, dense, m, factors, c, 0, sums, scratch);
const result = new Float64Array(kernel.memory.buffer, sums, size);
console.log(JSON.stringify(Array.from(result)));
