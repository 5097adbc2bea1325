// The colours of all rows at once: those of the components, mixed in OKLab by the responsibilities.

import { oklabFromHex } from "../../report/web/colour.js";

const GAMMA_STEPS = 4096;
const GAMMA = Uint8Array.from({ length: GAMMA_STEPS + 1 }, (_, i) => {
  const linear = i / GAMMA_STEPS;
  return Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055));
});

function gamma(linear) {
  return GAMMA[linear <= 0 ? 0 : linear >= 1 ? GAMMA_STEPS : Math.round(linear * GAMMA_STEPS)];
}

// 0xBBGGRR of each of n rows; without responsibilities all have the colour of a row not yet assigned.
export function rowColours(shares, n, hexes, unassigned) {
  const colours = new Int32Array(n);
  if (shares === null) return colours.fill(packed(unassigned));
  const k = hexes.length;
  const labs = Float64Array.from(hexes.flatMap(oklabFromHex));
  for (let i = 0; i < n; i += 1) {
    let lightness = 0;
    let a = 0;
    let b = 0;
    for (let j = 0; j < k; j += 1) {
      const share = shares[i * k + j];
      lightness += share * labs[3 * j];
      a += share * labs[3 * j + 1];
      b += share * labs[3 * j + 2];
    }
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    colours[i] = gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)
      | (gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8)
      | (gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s) << 16);
  }
  return colours;
}

// 0xBBGGRR of #rrggbb.
export function packed(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return r | (g << 8) | (b << 16);
}
