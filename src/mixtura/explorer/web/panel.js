// Beside the picture: the components with their weights, and the row in view with its responsibilities.

import { el, isolated, shareBar, swatch } from "../../report/web/dom.js";
import { share } from "../../report/web/scales.js";
import { part } from "./numbers.js";

const VALUES = 6;

export function fillComponents(session, host) {
  const { weights } = session.engine.mixture;
  while (host.children.length > weights.length) host.lastChild.remove();
  while (host.children.length < weights.length) host.append(componentEntry(session, host.children.length));
  weights.forEach((weight, j) => {
    const entry = host.children[j];
    entry.firstChild.setAttribute("aria-pressed", String(j === session.chosen));
    entry.querySelector(".bar span").style.width = `${100 * weight}%`;
    entry.querySelector(".number").textContent = share(weight);
  });
}

function componentEntry(session, j) {
  const button = el("button", { type: "button", "aria-pressed": "false" },
    swatch(j, "circle"), el("span", { class: "name" }, `Component ${j + 1}`), shareBar(0, j), el("span", { class: "number" }));
  button.addEventListener("click", () => session.choose(j));
  return el("li", {}, button);
}

export function fillRow(session, { title, values, shares }) {
  const { row, data, engine } = session;
  const { k } = engine.configuration;
  title.textContent = `Row ${data.kept[row] + 1}`;
  const names = session.names();
  values.replaceChildren(...names.slice(0, VALUES).map((name, c) => (
    el("div", {}, el("dt", {}, isolated(name)), el("dd", {}, session.formats[c](data.rows[row * data.d + c]))))));
  while (shares.children.length > k) shares.lastChild.remove();
  while (shares.children.length < k) shares.append(shareEntry(shares.children.length));
  for (let j = 0; j < k; j += 1) {
    const own = engine.posterior[row * k + j];
    shares.children[j].querySelector(".bar span").style.width = `${100 * own}%`;
    shares.children[j].querySelector(".number").textContent = part(own);
  }
}

function shareEntry(j) {
  return el("li", {}, swatch(j, "circle"), el("span", {}, `Component ${j + 1}`), shareBar(0, j), el("span", { class: "number" }));
}
