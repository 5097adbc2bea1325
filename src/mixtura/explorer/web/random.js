// Random numbers from a seed: the same in every browser.

/**
 * The generator sfc32 of Chris Doty-Humphrey (PractRand), seeded by a whole number.
 *
 * @param {number} seed
 * @returns {{uniform: () => number, uniforms: (count: number) => Float64Array, normal: () => number}}
 *     uniform: from 0 to below 1, of 53 bits; normal: of mean 0 and variance 1
 */
export function randomNumbers(seed) {
  let [a, b, c, counter] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1];
  const bits = () => {
    const sum = (((a + b) >>> 0) + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (let i = 0; i < 16; i++) bits(); // near seeds are far apart from here on
  const uniform = () => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
  return {
    uniform,
    uniforms: (count) => Float64Array.from({ length: count }, uniform),
    normal() { // Box and Muller (1958)
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return radius * Math.cos(2 * Math.PI * uniform());
    },
  };
}
