// Building formulas: MathML elements with text from the data never read as markup.

import { el } from "../../report/web/dom.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";

export function math(name, ...children) {
  const element = document.createElementNS(MATHML, name);
  element.append(...children.map((child) => (typeof child === "number" ? String(child) : child)));
  return element;
}

// Plain parts of a formula: letters are names, digits numbers, the rest operators.
export function symbols(...parts) {
  return math("mrow", ...parts.map((each) => (typeof each === "string" ? symbol(each) : each)));
}

function symbol(text) {
  if (/^[−-]?[\d∞]/.test(text)) return math("mn", text);
  if (text === "log") return named(text);
  return /^[\p{L}\p{N}_]+$/u.test(text) ? math("mi", text) : math("mo", text);
}

// A function's name stands apart from what it is of.
function named(text) {
  const name = math("mi", text);
  name.setAttribute("class", "named");
  return name;
}

export function sub(base, index) {
  return math("msub", symbol(base), typeof index === "string" ? symbol(index) : index);
}

export function fraction(over, under) {
  return math("mfrac", over, under);
}

export function sum(under, over = null) {
  const sign = math("mo", "∑");
  return over === null ? math("munder", sign, under) : math("munderover", sign, under, over);
}

export function hat(letter, index) {
  return math("msub", math("mover", symbol(letter), math("mo", "^")), symbol(index));
}

// A matrix of texts; one column of it is a vector.
export function matrix(rows) {
  if (rows.length === 1 && rows[0].length === 1) return math("mn", rows[0][0]);
  const table = math("mtable", ...rows.map((row) => math("mtr", ...row.map((cell) => math("mtd", math("mn", cell))))));
  table.setAttribute("class", "matrix"); // its brackets are borders: few fonts have any that stretch
  return table;
}

export function formula(...parts) {
  const whole = math("math", symbols(...parts));
  whole.setAttribute("displaystyle", "true");
  return el("div", { class: "formula" }, whole);
}
