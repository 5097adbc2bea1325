// Shapes of clusters of measurements: ellipses of two columns, densities of one.

import { paddedDomain } from "./scales.js";

// The outline of the ellipse `radius` standard deviations around the mean, in data coordinates.
// A Cholesky factor maps the unit circle onto it; rounding below zero is taken as zero.
export function ellipse([mx, my], [[vxx, vxy], [, vyy]], radius, corners = 72) {
  const lxx = Math.sqrt(Math.max(0, vxx));
  const lyx = lxx > 0 ? vxy / lxx : 0;
  const lyy = Math.sqrt(Math.max(0, vyy - lyx * lyx));
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    const [u, v] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return [mx + lxx * u, my + lyx * u + lyy * v];
  });
}

// Centre of two columns within one cluster, and how they spread; independent ones along the axes.
export function pairOf({ marginals, spreads }, component, columns) {
  const mean = columns.map((c) => marginals[c].mean[component]);
  const entry = (r, c) => {
    if (spreads && spreads[component][r][c] !== null) return spreads[component][r][c];
    return r === c ? marginals[c].deviation[component] ** 2 : 0;
  };
  return { mean, spread: columns.map((r) => columns.map((c) => entry(r, c))) };
}

export function density(x, mean, sd) {
  const z = (x - mean) / sd;
  return Math.exp(-0.5 * z * z) / (sd * Math.sqrt(2 * Math.PI));
}

// Places at which to draw a sum of densities: an even grid, and a finer one around every mean, so
// that a peak narrower than a grid step is not missed.
export function densityGrid([low, high], means, deviations) {
  const places = Array.from({ length: 241 }, (_, i) => low + ((high - low) * i) / 240);
  means.forEach((mean, j) => {
    for (let i = -24; i <= 24; i += 1) places.push(mean + (deviations[j] * i) / 6);
  });
  return places.filter((x) => x >= low && x <= high).sort((a, b) => a - b);
}

// Equal bins by the Freedman-Diaconis rule (width 2 IQR / n^(1/3)), at least 8, at most 60.
export function histogramBins(values, [low, high]) {
  const sorted = Float64Array.from(values).sort();
  const quantile = (q) => sorted[Math.floor(q * (sorted.length - 1))];
  const width = (2 * (quantile(0.75) - quantile(0.25))) / Math.cbrt(sorted.length);
  const count = width > 0 ? Math.ceil((high - low) / width) : 8;
  const bins = Math.min(60, Math.max(8, count));
  const members = Array.from({ length: bins }, () => []);
  values.forEach((value, i) => {
    const at = Math.floor(((value - low) / (high - low)) * bins);
    members[Math.min(bins - 1, Math.max(0, at))].push(i);
  });
  return members.map((inside, b) => ({
    low: low + ((high - low) * b) / bins,
    high: low + ((high - low) * (b + 1)) / bins,
    inside,
  }));
}

// What a histogram of one column shows: bins of the values, and what every cluster puts into them.
export function bellHistogram(values, [least, most], { mean, deviation }, format) {
  const domain = paddedDomain(least, most, 0.04);
  const bins = histogramBins(values, most > least ? [least, most] : domain)
    .map((bin) => ({ ...bin, title: `${format(bin.low)} to ${format(bin.high)}` }));
  const narrowest = (domain[1] - domain[0]) * 1e-6; // a variance of zero has no curve to draw
  const deviations = mean.map((_, j) => Math.max(narrowest, deviation[j]));
  const xs = densityGrid(domain, mean, deviations);
  const each = mean.map((centre, j) => xs.map((x) => density(x, centre, deviations[j])));
  return { domain, bins, xs, each, width: bins[0].high - bins[0].low, peaks: mean, dots: false };
}
