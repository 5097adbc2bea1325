import assert from "node:assert/strict";
import test from "node:test";

import {
  componentColours, componentMarker, inkOn, mixedColour, oklabFromHex, rgbFromOklab,
} from "../../../src/mixtura/report/web/colour.js";

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const linear = (hex) => channels(hex).map((c) => (
  c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));

// Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
const VISIONS = {
  full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039],
  ],
};

function seen(hex, matrix) {
  const rgb = matrix.map((row) => row.reduce((sum, m, c) => sum + m * linear(hex)[c], 0));
  const encoded = rgb.map((value) => {
    const inside = Math.min(1, Math.max(0, value));
    const srgb = inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055;
    return Math.round(255 * srgb).toString(16).padStart(2, "0");
  });
  return oklabFromHex(`#${encoded.join("")}`);
}

const distance = (a, b) => Math.hypot(...a.map((value, c) => value - b[c]));

test("OKLab and back is the same colour", () => {
  for (const hex of ["#000000", "#ffffff", "#ff0000", "#123456", "#b8892d"]) {
    assert.deepEqual(rgbFromOklab(oklabFromHex(hex)), channels(hex));
  }
});

test("OKLab of white and of pure red are the published values", () => {
  const close = (found, wanted) => assert.ok(distance(found, wanted) < 1e-3, String(found));
  close(oklabFromHex("#ffffff"), [1, 0, 0]);
  close(oklabFromHex("#ff0000"), [0.628, 0.2249, 0.1258]);
});

test("a certain point has its component's colour, a mixture lies between", () => {
  const hexes = componentColours(2, false);
  const oklabs = hexes.map(oklabFromHex);
  assert.equal(mixedColour(oklabs, [0, 1]), `rgb(${channels(hexes[1]).join(", ")})`);
  const half = mixedColour(oklabs, [0.5, 0.5]);
  assert.equal(mixedColour(oklabs, [0.25, 0.25]), half);
  const mean = oklabs[0].map((value, c) => (value + oklabs[1][c]) / 2);
  assert.equal(half, `rgb(${rgbFromOklab(mean).join(", ")})`);
});

test("nine components stay apart for every kind of colour vision, on light and dark paper", () => {
  for (const dark of [false, true]) {
    const hexes = componentColours(9, dark);
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      const colours = hexes.map((hex) => seen(hex, matrix));
      colours.forEach((a, i) => colours.slice(i + 1).forEach((b, j) => {
        const apart = distance(a, b);
        assert.ok(apart > 0.05, `${vision}, dark ${dark}: ${i} and ${i + j + 1} are ${apart} apart`);
      }));
    }
  }
});

test("beyond nine, colours return with another marker", () => {
  const colours = componentColours(30, false);
  assert.equal(colours[9], colours[0]);
  assert.notEqual(componentMarker(9), componentMarker(0));
  const marks = new Set(colours.map((colour, j) => colour + componentMarker(j)));
  assert.equal(marks.size, 30);
});

test("numbers on a component's colour are readable", () => {
  const luminance = (hex) => {
    const [r, g, b] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const hex of [...componentColours(9, false), ...componentColours(9, true)]) {
    const [low, high] = [luminance(hex), luminance(inkOn(hex))].sort((a, b) => a - b);
    assert.ok((high + 0.05) / (low + 0.05) >= 4.5, hex);
  }
});
