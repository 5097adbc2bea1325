// Looking at single marks of a picture: by pointer, by touch, or by arrow keys. The mark's values
// and probabilities are shown in the panel and read out through a live region.

import { el, isolated, shareBar, swatch } from "./dom.js";
import { capitalised } from "./legend.js";
import { probability } from "./scales.js";
import { dimOthers } from "./highlight.js";

const ROWS = 8; // components listed in the panel at most
const VALUES = 8; // column values listed in the panel at most
const PARTS = 3; // clusters read out at most

// `idle` is what the panel shows while no mark is in view. `marks` gives: count, orders {across, up} of those that are drawn, nearest(x, y, reach), describe(i) with
// {title, values, shares} (no shares where there is no row), and highlight(i), where -1 means none.
export function explorer({ plot, panel, live, model, marks, idle }) {
  const state = { current: -1, pinned: false };
  const select = (i, { pin = false, aloud = false } = {}) => {
    state.current = i;
    state.pinned = pin && i >= 0;
    refresh();
    if (aloud && i >= 0) live.textContent = spoken(marks.describe(i), model);
  };
  const refresh = () => {
    if (state.current >= marks.count()) [state.current, state.pinned] = [-1, false];
    marks.highlight(state.current);
    const found = state.current < 0 ? null : marks.describe(state.current);
    const focus = panel.contains(document.activeElement) ? document.activeElement : null;
    panel.replaceChildren(...(found ? markPanel(found, model) : idle));
    dimOthers(panel);
    if (focus && panel.contains(focus)) focus.focus({ preventScroll: true });
  };
  listenToPointer(plot, state, marks, select);
  listenToKeys(plot, state, marks, select);
  return {
    refresh() {
      reserveRoom(panel, marks, model);
      refresh();
    },
  };
}

// The panel is as high as it will get, so that nothing below it moves when a mark is shown.
function reserveRoom(panel, marks, model) {
  const shadow = panel.cloneNode(false);
  shadow.style.minHeight = "";
  shadow.replaceChildren(...markPanel(marks.describe(0), model));
  panel.after(shadow);
  panel.style.minHeight = `${shadow.offsetHeight}px`;
  shadow.remove();
}

function listenToPointer(plot, state, marks, select) {
  const at = (event) => {
    const box = plot.getBoundingClientRect();
    const reach = event.pointerType === "touch" ? 36 : 24;
    return marks.nearest(event.clientX - box.left, event.clientY - box.top, reach);
  };
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || state.pinned) return;
    const found = at(event);
    if (found !== state.current) select(found);
  });
  plot.addEventListener("pointerleave", () => {
    if (!state.pinned && state.current >= 0) select(-1);
  });
  plot.addEventListener("click", (event) => {
    const found = at(event);
    select(state.pinned && found === state.current ? -1 : found, { pin: true, aloud: true });
  });
}

function listenToKeys(plot, state, marks, select) {
  const moves = {
    ArrowRight: ["across", 1], ArrowLeft: ["across", -1], ArrowUp: ["up", 1], ArrowDown: ["up", -1],
  };
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || marks.orders().across.length === 0) return;
    if (event.key === "Escape") select(-1);
    else if (event.key === "Home") select(marks.orders().across[0], { pin: true, aloud: true });
    else if (event.key === "End") select(marks.orders().across.at(-1), { pin: true, aloud: true });
    else if (event.key in moves) {
      const [order, step] = moves[event.key];
      const next = neighbour(marks.orders()[order], state.current, step);
      select(next, { pin: true, aloud: true });
    } else return;
    event.preventDefault();
  });
}

function neighbour(order, current, step) {
  if (current < 0) return order[step > 0 ? 0 : order.length - 1];
  const to = order.indexOf(current) + step;
  return order[Math.min(order.length - 1, Math.max(0, to))];
}

function byShare(shares) {
  return shares.map((share, j) => [j, share]).sort((a, b) => b[1] - a[1]);
}

function spoken({ title, values, shares }, { names }) {
  const told = values.slice(0, VALUES).map(([column, value]) => `${column} ${value}`);
  const opening = `${title}: ${told.join(", ")}.`;
  if (shares.length === 0) return opening;
  const parts = byShare(shares).slice(0, PARTS).filter(([, share], i) => i === 0 || share >= 0.005);
  const clusters = parts.map(([j, share]) => `${names[j]}, ${probability(share, shares.length)}`);
  return `${opening} Probabilities: ${clusters.join("; ")}.`;
}

function markPanel({ title, values, shares }, model) {
  const list = el("dl", { class: "values" });
  values.slice(0, VALUES).forEach(([column, value]) => {
    list.append(el("div", {}, el("dt", {}, isolated(column)), el("dd", {}, isolated(value))));
  });
  const largest = byShare(shares);
  const told = (share) => probability(share, shares.length);
  return [
    el("h3", {}, isolated(title)),
    list,
    remainder(values.length - VALUES, "more column"),
    shares.length > 0 ? el("h4", {}, "Probability of each cluster") : null,
    shareList(largest.slice(0, ROWS), model, told),
    remainder(largest.length - ROWS, "less likely cluster"),
  ].filter((part) => part !== null);
}

function remainder(count, noun) {
  if (count <= 0) return null;
  return el("p", { class: "hint" }, `and ${count} ${noun}${count === 1 ? "" : "s"}`);
}

function shareList(pairs, model, told) {
  const list = el("ul", { class: "shares" });
  pairs.forEach(([j, share]) => {
    list.append(el("li", {}, swatch(j, model.markers[j]), el("span", {}, capitalised(model.names[j])),
      shareBar(share, j), el("span", { class: "number" }, told(share))));
  });
  return list;
}
