import assert from "node:assert/strict";
import test from "node:test";

import { componentColours, mixedColour, oklabFromHex } from "../../../src/mixtura/report/web/colour.js";
import { packed, rowColours } from "../../../src/mixtura/explorer/web/blending.js";
import { discMasks, stamp } from "../../../src/mixtura/explorer/web/raster.js";

const WHITE = -1; // 0xffffffff

function drawn(marks, { width = 20, height = 20, radius = 3, alpha = 1 } = {}) {
  const pixels = new Int32Array(width * height).fill(WHITE);
  stamp(pixels, width, height, {
    xs: marks.map(([x]) => x), ys: marks.map(([, y]) => y), order: marks.map((_, i) => i),
    colours: marks.map(([, , colour]) => colour), masks: discMasks(radius, alpha),
  });
  return pixels;
}

test("a disc has its area, wherever in a pixel it stands", () => {
  discMasks(3, 1).forEach(({ cover }) => {
    const area = cover.reduce((sum, part) => sum + part, 0) / 256;
    assert.ok(Math.abs(area - 9 * Math.PI) < 0.5, String(area));
  });
});

test("a mark has its colour in the middle and leaves the rest alone", () => {
  const pixels = drawn([[10.5, 10.5, 0x336699]]);
  assert.equal(pixels[10 * 20 + 10] & 0xffffff, 0x336699);
  assert.equal(pixels[0], WHITE);
});

test("marks that are half transparent let the paper through, and every pixel stays opaque", () => {
  const pixels = drawn([[10, 10, 0x000000]], { alpha: 0.5 });
  assert.ok(Math.abs((pixels[10 * 20 + 10] & 255) - 127) <= 1);
  assert.ok(pixels.every((pixel) => pixel >>> 24 === 255));
});

test("marks over the edge or nowhere are left out", () => {
  const pixels = drawn([[0, 0, 0], [19.9, 10, 0], [-50, 3, 0], [NaN, 3, 0], [3, Infinity, 0]]);
  assert.ok(pixels.every((pixel) => pixel === WHITE));
});

test("rows have the components' colours, and their mixtures as the report mixes them", () => {
  const hexes = componentColours(3, false);
  const shares = Float64Array.of(1, 0, 0, 0, 1, 0, 0.2, 0.5, 0.3);
  const colours = rowColours(shares, 3, hexes, "#888888");
  const channels = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  [hexes[0], hexes[1]].forEach((hex, i) => channels(colours[i]).forEach((channel, c) => {
    assert.ok(Math.abs(channel - channels(packed(hex))[c]) <= 1);
  }));
  const wanted = mixedColour(hexes.map(oklabFromHex), [0.2, 0.5, 0.3]).match(/\d+/g).map(Number);
  channels(colours[2]).forEach((channel, c) => assert.ok(Math.abs(channel - wanted[c]) <= 1));
  assert.deepEqual([...rowColours(null, 2, hexes, "#102030")], [0x302010, 0x302010]);
});
