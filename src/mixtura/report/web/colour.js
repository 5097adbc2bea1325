// Component colours, and their mixtures in OKLab (equal steps there look about equal).

// Nine hues chosen so that every pair stays apart for readers with full colour vision and with
// simulated protanopia, deuteranopia and tritanopia; the same hues, lifted, for dark paper.
const LIGHT = [
  "#1a609e", "#b8892d", "#800902", "#341f97", "#00aa95", "#9e366f", "#5d2869", "#846324", "#767ab5",
];
const DARK = [
  "#67aaed", "#ffcc75", "#d76252", "#7474ef", "#6defd8", "#ef80b7", "#ab72b8", "#cea96c", "#b9bfff",
];

// Components beyond the ninth take the same hues again and are told apart by their marker.
const MARKERS = ["circle", "square", "diamond", "triangle"];

// Noise has no hue: a row between noise and a cluster is a pale one of that cluster.
const NOISE = { light: "#8b877f", dark: "#8f8b83" };
export const NOISE_MARKER = "cross";
export const OTHERS_MARKER = "circle";

export function componentColours(count, dark) {
  const colours = dark ? DARK : LIGHT;
  return Array.from({ length: count }, (_, j) => colours[j % colours.length]);
}

export function noiseColour(dark) {
  return dark ? NOISE.dark : NOISE.light;
}

export function componentMarker(component) {
  return MARKERS[Math.floor(component / LIGHT.length) % MARKERS.length];
}

function linearFromSrgb(channel) {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

function srgbFromLinear(channel) {
  const inside = Math.min(1, Math.max(0, channel));
  return inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055;
}

function linearChannels(hex) {
  return [1, 3, 5].map((at) => linearFromSrgb(parseInt(hex.slice(at, at + 2), 16) / 255));
}

export function oklabFromHex(hex) {
  const [r, g, b] = linearChannels(hex);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

export function rgbFromOklab([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((channel) => Math.round(255 * srgbFromLinear(channel)));
}

// The colour of a point that belongs to several components: their colours, averaged in OKLab with
// the responsibilities as weights (which need not sum to 1).
export function mixedColour(oklabs, shares) {
  const sum = [0, 0, 0];
  let total = 0;
  shares.forEach((share, j) => {
    total += share;
    for (let c = 0; c < 3; c += 1) sum[c] += share * oklabs[j][c];
  });
  const mean = sum.map((value) => value / (total || 1));
  return `rgb(${rgbFromOklab(mean).join(", ")})`;
}

// Black or white, whichever stands out more on the given colour.
export function inkOn(hex) {
  const [r, g, b] = linearChannels(hex);
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return luminance > 0.179 ? "#000000" : "#ffffff";
}
