// What a histogram of a column of whole numbers shows: a bar for each number, or for equally many
// neighbours where the numbers are too many, and the mass function of every cluster.

import { paddedDomain } from "./scales.js";

const BARS = 60;

export function countBins(values, [least, most], format) {
  const width = Math.ceil((most - least + 1) / BARS);
  const members = Array.from({ length: Math.ceil((most - least + 1) / width) }, () => []);
  values.forEach((value, i) => members[Math.floor((Math.round(value) - least) / width)].push(i));
  return members.map((inside, b) => {
    const [first, last] = [least + b * width, least + (b + 1) * width - 1];
    const title = first === last ? format(first) : `${format(first)} to ${format(last)}`;
    return { low: first - 0.5, high: last + 0.5, inside, title };
  });
}

export function massHistogram(numbers, [least, most], { mean, values, probabilities }, format) {
  const bins = countBins(numbers, [least, most], format);
  const domain = paddedDomain(least - 0.5, bins.at(-1).high, 0.02);
  const shown = values.map((value, i) => [value, i]).filter(([v]) => v >= domain[0] && v <= domain[1]);
  const xs = shown.map(([value]) => value);
  const each = probabilities.map((masses) => shown.map(([, i]) => masses[i]));
  const width = bins[0].high - bins[0].low;
  const peaks = each.map((ys, j) => xs[ys.indexOf(Math.max(...ys))] ?? mean[j]);
  return { domain, bins, xs, each, width, peaks, dots: xs.length <= BARS };
}
