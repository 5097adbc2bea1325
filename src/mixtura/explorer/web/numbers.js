// Numbers as the page writes them.

import { fixed, scientific } from "../../report/web/scales.js";

// To so many significant digits, with powers of ten where there would be idle zeros.
export function figure(value, digits = 4) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e9) return scientific(value, digits - 1);
  return fixed(value, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

// The same without idle zeros.
export function brief(value) {
  const text = figure(value);
  return /^−?[\d,]+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}

// A log-likelihood, in nats.
export function nats(value) {
  return fixed(value, 3);
}

// A change that keeps its sign.
export function change(value) {
  return `${value < 0 ? "−" : "+"}${figure(Math.abs(value), 3)}`;
}

// Whether two log-likelihoods differ by no more than their rounding.
export function isRounding(before, after) {
  return Math.abs(after - before) <= 1e-12 * Math.abs(after);
}

// A responsibility: never 0 or 1 unless it is.
export function part(share) {
  if (share === 0 || share === 1) return String(share);
  if (share < 0.0005) return "<0.001";
  if (share >= 0.9995) return ">0.999";
  return fixed(share, 3);
}
