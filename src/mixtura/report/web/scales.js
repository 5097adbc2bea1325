// Linear scales, tick values, and numbers as text.

// Halving first keeps the difference finite even for a domain as wide as the number range.
export function linearScale([d0, d1], [r0, r1]) {
  const half = d1 / 2 - d0 / 2;
  return (value) => r0 + ((value / 2 - d0 / 2) / half) * (r1 - r0);
}

// A domain of positive width around [low, high], with a share of that width added at both ends.
export function paddedDomain(low, high, share) {
  const width = high - low;
  const ulps = Math.max(Math.abs(low), Math.abs(high)) * 1e-12;
  if (width > ulps) return [low - share * width, high + share * width];
  const pad = low === 0 ? 1 : Math.abs(low) * 0.1;
  return [low - pad, high + pad];
}

export function niceStep(width, count) {
  const rough = width / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = [1, 2, 5, 10].find((m) => m * power >= rough * (1 - 1e-9)) ?? 10;
  return multiple * power;
}

export function tickValues([low, high], count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const values = [];
  for (let i = 0; i <= 3 * count + 3; i += 1) {
    const value = (first + i) * step;
    if (value > high + 1e-9 * step) break;
    if (value !== values[values.length - 1]) values.push(value);
  }
  return { values, step };
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function powerOfTen(exponent) {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

function decimalsFor(step) {
  return Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}

// Fixed decimals, thousands set apart from five digits on, a true minus sign.
export function fixed(value, decimals) {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

export function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  return `${mantissa.replace("-", "−")}\u00a0×\u00a0${powerOfTen(Number(exponent))}`; // never broken over two lines
}

// Tick labels in which neighbours always differ, however far the domain lies from zero. What all
// labels share (an offset, a power of ten) is told once, in `note`.
export function ticks(domain, count) {
  const { values, step } = tickValues(domain, count);
  const largest = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  if (step / largest < 1e-4 && largest > 0) return offsetTicks(values, step, domain);
  return { values, ...scaledLabels(values, step, largest) };
}

function offsetTicks(values, step, [low, high]) {
  const unit = 10 ** Math.ceil(Math.log10(high - low));
  const offset = Math.floor(low / unit) * unit;
  const rest = values.map((value) => value - offset);
  const { labels, note } = scaledLabels(rest, step, Math.max(...rest.map(Math.abs)));
  const sign = offset < 0 ? "−" : "+";
  const size = Math.abs(offset);
  const shown = size < 1e15 ? fixed(size, decimalsFor(unit)) : scientific(size, 15);
  return { values, labels, note: `${note}${note ? " " : ""}${sign} ${shown}` };
}

function scaledLabels(values, step, largest) {
  const plain = largest >= 1e-3 && largest < 1e6;
  const exponent = plain ? 0 : 3 * Math.floor(Math.log10(largest) / 3);
  const unit = 10 ** exponent;
  const decimals = decimalsFor(step / unit);
  const labels = values.map((value) => fixed(value / unit, decimals));
  return { labels, note: exponent === 0 ? "" : `× ${powerOfTen(exponent)}` };
}

// How many decimals tell `digits` significant digits of a number of this size; may be negative.
function decimalsOf(size, digits) {
  return digits - 1 - Math.floor(Math.log10(size));
}

function numberText(value, decimals) {
  const size = Math.abs(value);
  if (size < 1e15 && decimals <= 9) return fixed(value, Math.max(0, decimals));
  const digits = decimals + Math.floor(Math.log10(size || 1));
  return scientific(value, Math.min(15, Math.max(1, digits)));
}

// Text for single values of a column: about four digits of the column's range, no idle zeros.
export function valueFormat(low, high) {
  const range = high - low > 0 ? high - low : Math.abs(high) || 1;
  const decimals = decimalsOf(range, 4);
  return (value) => {
    const text = numberText(value, decimals);
    return /^−?[\d,]+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
  };
}

// Text for means and standard deviations of a column: two digits of the smallest deviation, but
// not more than five of the largest.
export function momentFormat(deviations) {
  const positive = deviations.filter((deviation) => deviation > 0);
  if (positive.length === 0) return valueFormat(0, 0);
  const [smallest, largest] = [Math.min(...positive), Math.max(...positive)];
  const decimals = Math.min(decimalsOf(smallest, 2), decimalsOf(largest, 5));
  return (value) => numberText(value, decimals);
}

// Text for a criterion or a log-likelihood; null (not available) becomes a dash.
export function statistic(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 1e-3)) return scientific(value, 4);
  return fixed(value, size >= 100 ? 1 : 3);
}

export function wholeNumber(value) {
  return fixed(value, 0);
}

export function counted(count, noun) {
  return `${wholeNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}

// A responsibility of one of k components. It is stored in 255ths, so that 0 and 1 only mean close.
export function probability(share, k) {
  return k === 1 ? "100%" : percent(Math.min(0.999, Math.max(0.001, share)));
}

// A share to a tenth of a percent, for columns of them.
export function share(value) {
  if (value > 0 && value < 0.0005) return "<0.1%";
  if (value >= 0.9995 && value < 1) return ">99.9%";
  return `${fixed(100 * value, 1)}%`;
}

// A share as a percentage that never claims certainty the data do not have.
export function percent(share) {
  if (share === null || share === undefined) return "–";
  if (share > 0.995 && share < 1) return ">99%";
  if (share > 0 && share < 0.005) return "<1%";
  return `${Math.round(100 * share)}%`;
}
