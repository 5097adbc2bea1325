// The drawn rows, decoded from the payload's base64 arrays.

function bytesFromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// Read through a DataView: the payload is little-endian whatever this machine is.
function unsignedIntegers(text, width) {
  const bytes = bytesFromBase64(text);
  const view = new DataView(bytes.buffer);
  const read = width === 2 ? "getUint16" : "getUint32";
  return Array.from({ length: bytes.length / width }, (_, i) => view[read](i * width, true));
}

const [STEPS, MISSING] = [65534, 65535]; // of values: from minimum to maximum, and the code of a missing cell

// The value of a missing cell is NaN.
export function decodePoints({ n, rows, names, minimum, maximum, values, responsibilities }) {
  const quantised = unsignedIntegers(values, 2);
  const shares = bytesFromBase64(responsibilities);
  const d = minimum.length;
  const k = shares.length / n;
  const value = (i, column) => {
    const code = quantised[i * d + column];
    if (code === MISSING) return NaN;
    const t = code / STEPS;
    return minimum[column] * (1 - t) + maximum[column] * t;
  };
  return {
    n, d, k, minimum, maximum, value,
    row: unsignedIntegers(rows, 4),
    name: (i) => (names ? names[i] : ""),
    column: (j) => Float64Array.from({ length: n }, (_, i) => value(i, j)),
    shares: (i) => Array.from(shares.subarray(i * k, (i + 1) * k), (share) => share / 255),
  };
}

const NO_LEVEL = 255; // the code of a missing cell, of levels

// Level of each drawn row in a column beside the model, null where the cell is missing.
export function decodeLevels({ name, levels }, codes) {
  const bytes = bytesFromBase64(codes);
  return { name, level: (i) => (bytes[i] === NO_LEVEL ? null : levels[bytes[i]]) };
}

// Whole numbers strewn within their places, so that equal rows do not hide each other: each row by the
// same amount every time, another one on the second axis (an additive sequence, even in the plane).
export function strewn(values, axis) {
  const step = [0.7548776662466927, 0.5698402909980532][axis];
  return values.map((value, i) => value + 0.7 * (((i + 1) * step) % 1) - 0.35);
}

export function largestIndex(numbers) {
  return numbers.reduce((best, number, j) => (number > numbers[best] ? j : best), 0);
}

// Numbers 0..n-1 in a shuffled order that is the same every time. Drawn in file order, the last
// cluster of a sorted file would hide the others.
export function shuffledOrder(n) {
  const order = Array.from({ length: n }, (_, i) => i);
  let state = 0x9e3779b9;
  for (let i = n - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
