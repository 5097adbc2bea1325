// Pictures as files: SVG for papers and editors, PNG for slides. A picture is what its place shows: one or
// two SVGs, and perhaps a canvas between them, which becomes an image in the file.

import { el, svg } from "./dom.js";

const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin",
  "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "visibility",
];
const SHARPNESS = 3; // pixels of a PNG to one of the page
const MARGIN = 10;

// Buttons that save the picture of a host under a name.
export function saveButtons(host, name) {
  const button = (kind, save) => {
    const made = el("button", { type: "button", "aria-label": `Save the picture as ${kind}` }, kind);
    made.addEventListener("click", save);
    return made;
  };
  return el("p", { class: "save screen-only" }, "Save as ",
    button("SVG", () => save(`${name}.svg`, svgUrl(host))), " ",
    button("PNG", async () => save(`${name}.png`, await pngUrl(host))));
}

function save(file, url) {
  el("a", { href: url, download: file }).click();
}

function svgUrl(host) {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(composed(host)))}`;
}

async function pngUrl(host) {
  const image = new Image();
  image.setAttribute("src", svgUrl(host));
  await image.decode();
  const canvas = el("canvas", { width: image.width * SHARPNESS, height: image.height * SHARPNESS });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

// Everything in one SVG that needs no style sheet.
function composed(host) {
  const layers = [...host.querySelectorAll("svg.picture, canvas")];
  const [, , width, height] = layers.find((layer) => layer.localName === "svg").getAttribute("viewBox").split(" ").map(Number);
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN];
  const whole = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width: w, height: h, viewBox: `${-MARGIN} ${-MARGIN} ${w} ${h}` });
  const paper = getComputedStyle(document.body).backgroundColor;
  whole.append(svg("rect", { x: -MARGIN, y: -MARGIN, width: w, height: h, fill: paper }));
  layers.forEach((layer) => whole.append(layer.localName === "svg" ? styled(layer)
    : svg("image", { href: layer.toDataURL("image/png"), width, height })));
  return whole;
}

function styled(picture) {
  const copy = svg("g");
  const cloned = picture.cloneNode(true);
  const [from, to] = [picture, cloned].map((root) => [...root.querySelectorAll("*")]);
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    STYLES.forEach((name) => to[i].style.setProperty(name, style.getPropertyValue(name)));
  });
  copy.append(...cloned.childNodes);
  return copy;
}
