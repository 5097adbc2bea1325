import assert from "node:assert/strict";
import test from "node:test";

import {
  fixed, linearScale, momentFormat, niceStep, paddedDomain, percent, powerOfTen, probability, scientific,
  statistic, tickValues, ticks, valueFormat,
} from "../../../src/mixtura/report/web/scales.js";

test("a scale maps the ends of its domain to the ends of its range", () => {
  for (const domain of [[0, 1], [-3, 9], [1e-300, 2e-300], [-1.7e308, 1.7e308]]) {
    const scale = linearScale(domain, [10, 110]);
    assert.equal(scale(domain[0]), 10);
    assert.equal(scale(domain[1]), 110);
  }
});

test("steps are 1, 2 or 5 times a power of ten", () => {
  for (const width of [1e-12, 0.3, 7, 42, 1e9]) {
    const step = niceStep(width, 5);
    const mantissa = Number((step / 10 ** Math.floor(Math.log10(step) + 1e-9)).toFixed(9));
    assert.ok([1, 2, 5].includes(mantissa), `${width}: ${step}`);
  }
});

test("ticks lie inside the domain, rise, and are about as many as asked for", () => {
  for (const domain of [[0, 1], [-1.3, 2.9], [31.2, 60.1], [1.7e9, 1.7e9 + 30], [-5e-9, 2e-9]]) {
    for (const count of [2, 5, 10]) {
      const { values, step } = tickValues(domain, count);
      assert.ok(values.length >= 1 && values.length <= 2 * count + 2, `${domain}: ${values.length}`);
      values.forEach((value, i) => {
        assert.ok(value >= domain[0] - 1e-6 * step && value <= domain[1] + 1e-6 * step);
        if (i > 0) assert.ok(value > values[i - 1]);
      });
    }
  }
});

test("neighbouring tick labels differ and stay short, whatever the magnitude", () => {
  const domains = [
    [0, 1], [1e-9, 5e-9], [1.7e9, 1.7e9 + 30], [1.7e18, 1.7e18 + 1e6], [1e9, 9e9], [-1e6, 1e6],
    [1 + 1e-9, 1 + 5e-9], [-1e9 - 3, -1e9], [123456.789, 123456.7895], [1e-300, 3e-300], [0, 1e300],
    [0.99999, 1.00001],
  ];
  for (const domain of domains) {
    const { labels } = ticks(domain, 6);
    assert.ok(labels.length >= 2, `${domain}`);
    labels.forEach((label, i) => {
      assert.ok(label.length <= 9, `${domain}: ${label}`);
      if (i > 0) assert.notEqual(label, labels[i - 1], `${domain}`);
    });
  }
});

test("what the labels share is told in the note", () => {
  assert.equal(ticks([0, 10], 5).note, "");
  assert.equal(ticks([1e-9, 5e-9], 5).note, "× 10⁻⁹");
  assert.equal(ticks([1.7e9, 1.7e9 + 30], 5).note, "+ 1,700,000,000");
  assert.equal(ticks([1 + 1e-9, 1 + 9e-9], 5).note, "× 10⁻⁹ + 1.00000000");
});

test("a domain always gets a width", () => {
  assert.deepEqual(paddedDomain(0, 10, 0.1), [-1, 11]);
  for (const value of [0, 7, -1e9, 1e-9]) {
    const [low, high] = paddedDomain(value, value, 0.1);
    assert.ok(low < value && value < high);
  }
});

test("numbers are written with true minus signs and grouped thousands", () => {
  assert.equal(fixed(-1234567.891, 1), "−1,234,567.9");
  assert.equal(fixed(1234, 0), "1234");
  assert.equal(fixed(-0.001, 1), "0.0");
  assert.equal(fixed(0.12345, 4), "0.1235");
  assert.equal(scientific(-1.5e-9, 2), "−1.50\u00a0×\u00a010⁻⁹");
  assert.equal(powerOfTen(12), "10¹²");
  assert.equal(statistic(null), "–");
  assert.equal(statistic(-5150.68), "−5150.7");
});

test("values of a column are told to about four digits of its range", () => {
  const bill = valueFormat(32.1, 59.6);
  assert.equal(bill(39.1004), "39.1");
  assert.equal(bill(40), "40");
  assert.equal(valueFormat(1.7e9, 1.7e9 + 30)(1.7e9 + 12.25), "1,700,000,012.25");
  assert.equal(valueFormat(1e-9, 9e-9)(2.5e-9), "2.500\u00a0×\u00a010⁻⁹");
  assert.equal(valueFormat(7, 7)(7), "7");
  assert.equal(valueFormat(0, 0)(0), "0");
});

test("means and deviations of a column are told to two digits of the smallest deviation", () => {
  const text = momentFormat([0.977, 1.22]);
  assert.equal(text(14.9821), "14.98");
  assert.equal(text(1.2214), "1.22");
  assert.equal(momentFormat([502, 380])(5076.02), "5076");
  assert.equal(momentFormat([0])(7), "7");
});

test("a stored probability of 0 or 1 only means close to it", () => {
  assert.deepEqual([0, 0.4, 1].map((share) => probability(share, 3)), ["<1%", "40%", ">99%"]);
  assert.equal(probability(1, 1), "100%");
});

test("shares never claim more certainty than they have", () => {
  assert.deepEqual([0, 0.001, 0.5, 0.999, 1, null].map(percent), ["0%", "<1%", "50%", ">99%", "100%", "–"]);
});
