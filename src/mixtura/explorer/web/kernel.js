// The package's C kernel as WebAssembly, and places in its memory.

const PAGE = 65536;

/**
 * @typedef {object} Kernel
 * @property {object} call               the kernel's functions, by the names that web.c gives them
 * @property {(length: number) => number} take     a place for so many numbers, aligned for vectors
 * @property {(place: number) => void} give        gives one back
 * @property {(place: number, length: number) => Float64Array} view   the numbers at a place: good
 *     until something is taken
 * @property {(numbers: ArrayLike<number>) => number} put   a new place that holds these
 */

/**
 * Start the kernel: once for a page.
 *
 * @param {Uint8Array} bytes   of kernel.wasm
 * @returns {Promise<Kernel>}  what `createEngine` takes
 */
export async function startKernel(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return kernelOf(instance.exports);
}

function kernelOf({ memory, __heap_base: base, ...functions }) {
  const call = Object.fromEntries(
    Object.entries(functions).map(([name, f]) => [name.replace("mixtura_", ""), f]),
  );
  const free = new Map(); // places that were given back, by their size
  const sizes = new Map();
  let top = Math.ceil(base.value / 64) * 64;
  const take = (length) => {
    const size = Math.max(64, 2 ** Math.ceil(Math.log2(8 * length)));
    const place = free.get(size)?.pop() ?? top;
    if (place === top) {
      top += size;
      const missing = top - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      sizes.set(place, size);
    }
    return place;
  };
  const give = (place) => {
    const size = sizes.get(place);
    if (!free.has(size)) free.set(size, []);
    free.get(size).push(place);
  };
  const view = (place, length) => new Float64Array(memory.buffer, place, length);
  const put = (numbers) => {
    const place = take(numbers.length);
    view(place, numbers.length).set(numbers);
    return place;
  };
  return { call, take, give, view, put };
}

/**
 * Do something with places that are given back at its end, whatever happens.
 *
 * @template T
 * @param {Kernel} kernel
 * @param {(places: {take: (length: number) => number, put: (numbers: ArrayLike<number>) => number})
 *     => T} work
 * @returns {T}
 */
export function borrowing(kernel, work) {
  const taken = [];
  const noted = (place) => {
    taken.push(place);
    return place;
  };
  try {
    return work({
      take: (length) => noted(kernel.take(length)),
      put: (numbers) => noted(kernel.put(numbers)),
    });
  } finally {
    taken.forEach(kernel.give);
  }
}
