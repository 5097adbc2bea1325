// Reading answers as people write them, and judging them.

// A number as 0.4, 0,4, .4, 2/5, 40 % or -1,130.3; NaN for what is none.
export function readNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/\s/g, "");
  const share = /^(.+)%$/.exec(plain);
  if (share) return readNumber(share[1]) / 100;
  const parts = plain.split("/");
  if (parts.length === 2) return readDecimal(parts[0]) / readDecimal(parts[1]);
  return parts.length === 1 ? readDecimal(plain) : NaN;
}

// A comma before three digits, after at most three and nowhere else is one between thousands.
function readDecimal(text) {
  const grouped = /^-?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text) && !/^-?0,/.test(text);
  const plain = grouped ? text.replaceAll(",", "") : text.replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

export function isNear(given, wanted, tolerance) {
  return Math.abs(given - wanted) <= tolerance * (1 + 1e-9);
}
