// Building elements. Strings become text nodes, so nothing from the data is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  Object.entries(attributes).forEach(([name, value]) => {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  });
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

// A name from the data, kept apart from the writing direction of the sentence around it.
export function isolated(text) {
  return el("bdi", {}, text);
}

// A small mark in the component's colour and marker; the colour follows the theme through CSS.
export function swatch(component, marker) {
  const mark = svg("svg", { class: "swatch", viewBox: "-8 -8 16 16", "aria-hidden": "true" });
  mark.append(svg("path", { d: markerPath(marker, 6.5) }));
  mark.style.fill = `var(--component-${component})`;
  return mark;
}

// A share as a part of a bar, in the component's colour if there is one.
export function shareBar(share, component = null) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("span"));
  bar.firstChild.style.width = `${100 * share}%`;
  if (component !== null) bar.firstChild.style.background = `var(--component-${component})`;
  return bar;
}

export function markerPath(marker, r) {
  if (marker === "square") return `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`;
  if (marker === "diamond") return `M0,${-1.3 * r}L${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0z`;
  if (marker === "triangle") return `M0,${-1.2 * r}L${1.2 * r},${r}L${-1.2 * r},${r}z`;
  if (marker === "cross") {
    const [long, short] = [1.1 * r, 0.38 * r];
    const turned = [[-long, -long], [0, -short], [long, -long], [short, 0], [long, long], [0, short],
      [-long, long], [-short, 0]];
    return `M${turned.join("L")}z`;
  }
  if (marker === "plus") {
    const [long, short] = [1.3 * r, 0.25 * r];
    const half = `${short},${-long}V${-short}H${long}V${short}H${short}V${long}`;
    return `M${half}H${-short}V${short}H${-long}V${-short}H${-short}V${-long}z`;
  }
  return `M${r},0A${r},${r} 0 1 1 ${-r},0A${r},${r} 0 1 1 ${r},0z`;
}

export function outline(corners, closed) {
  const path = corners.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join("L");
  return path === "" ? "" : `M${path}${closed ? "Z" : ""}`;
}
