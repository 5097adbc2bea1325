// What a histogram of a column of numbers shows whose densities are no bells: bins of the values, and the
// density of every cluster through the places where it is told.

import { histogramBins } from "./bell.js";
import { paddedDomain } from "./scales.js";

// Between two places a density runs straight, beyond the last ones it is nothing.
export function along(places, densities, x) {
  let [low, high] = [0, places.length - 1];
  if (x < places[low] || x > places[high]) return 0;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (places[middle] <= x) low = middle;
    else high = middle;
  }
  const part = (x - places[low]) / (places[high] - places[low]);
  return densities[low] * (1 - part) + densities[high] * part;
}

export function curveHistogram(values, [least, most], { mean, values: places, densities }, format) {
  const domain = paddedDomain(least, most, 0.04);
  const bins = histogramBins(values, most > least ? [least, most] : domain)
    .map((bin) => ({ ...bin, title: `${format(bin.low)} to ${format(bin.high)}` }));
  const even = Array.from({ length: 241 }, (_, i) => domain[0] + ((domain[1] - domain[0]) * i) / 240);
  const own = places.filter((x) => x >= domain[0] && x <= domain[1]);
  const xs = [...even, ...own].sort((a, b) => a - b);
  const each = densities.map((ys) => xs.map((x) => along(places, ys, x)));
  const peaks = each.map((ys, j) => (
    Math.max(...ys) > 0 ? xs[ys.indexOf(Math.max(...ys))] : mean[j]));
  return { domain, bins, xs, each, width: bins[0].high - bins[0].low, peaks, dots: false };
}
