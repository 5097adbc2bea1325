// What can be laid over the picture: hills of the density with their modes, and rings of 2.5 deviations.

import { svg } from "../../report/web/dom.js";

export function createLayers(session, picture, { hills, rings, text }, changed) {
  const modes = svg("g", { class: "modes" });
  const layers = { hills: false, rings: false };
  Object.entries({ hills, rings }).forEach(([name, box]) => box.addEventListener("change", () => {
    layers[name] = box.checked;
    changed();
  }));
  return Object.assign(layers, {
    attach: () => picture.above.append(modes),
    // Modes are looked for in all columns of the model; the picture has their shadows.
    showModes() {
      const found = layers.hills ? session.engine.modes() : [];
      modes.replaceChildren(...found.map(({ place }) => {
        const [x, y] = picture.scene.modePlace(place);
        return svg("circle", { class: "mode", cx: x, cy: y, r: 15.5 });
      }));
      const told = layers.hills ? modesText(found.length, session.engine.configuration.k) : "";
      if (told !== text.textContent) text.textContent = told; // what stays is not spoken again
    },
  });
}

function modesText(count, k) {
  return `${count === 1 ? "One hill" : `${count} hills`} of ${k === 1 ? "one component" : `${k} components`}: a ring marks each top.`;
}
