// The table of the page: its numeric columns, and the rows that a model of some of them can use.

function doublesFromBase64(text) {
  const binary = atob(text);
  const view = new DataView(new ArrayBuffer(binary.length));
  for (let i = 0; i < binary.length; i += 1) view.setUint8(i, binary.charCodeAt(i));
  return Float64Array.from({ length: binary.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

// Values come column by column; a missing cell is NaN.
export function decodeTable({ title, columns, n, values, notes, sampled_from: sampledFrom }) {
  const cells = doublesFromBase64(values);
  const column = (c) => cells.subarray(c * n, (c + 1) * n);
  return { title, names: columns, n, column, notes, sampledFrom, kinds: null };
}

// A table that the page made itself, whose rows may know the kind each one was drawn from.
export function madeTable({ title, names, columns, kinds }) {
  return {
    title, names, n: columns[0].length, column: (c) => columns[c], notes: [], sampledFrom: null, kinds,
  };
}

// The rows that have all cells in these columns, row after row, and their places in the table.
export function completeRows(table, places) {
  const columns = places.map((c) => table.column(c));
  const kept = Array.from({ length: table.n }, (_, i) => i)
    .filter((i) => columns.every((column) => Number.isFinite(column[i])));
  const rows = new Float64Array(kept.length * places.length);
  kept.forEach((i, r) => columns.forEach((column, c) => { rows[r * places.length + c] = column[i]; }));
  return { rows, n: kept.length, d: places.length, kept, leftOut: table.n - kept.length };
}

const MOST_AT_FIRST = 4;

// The columns to begin with: a few that leave at least half of the rows complete, and vary in them.
export function firstColumns(table) {
  const chosen = [];
  table.names.forEach((_, c) => {
    const { rows, n, d } = completeRows(table, [...chosen, c]);
    const varies = (column) => rows.some((cell, i) => i % d === column && cell !== rows[column]);
    const vary = [...chosen, c].every((_each, column) => varies(column));
    if (chosen.length < MOST_AT_FIRST && 2 * n >= table.n && vary) chosen.push(c);
  });
  return chosen.length > 0 ? chosen : [0];
}
