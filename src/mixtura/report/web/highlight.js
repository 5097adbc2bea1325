// One cluster highlighted: wherever it is shown, all others step back, until it is chosen again or Escape
// is pressed. What belongs to a cluster alone carries its number in data-cluster; what chooses one is a
// button with data-highlight.

const chosen = { cluster: null };

export function highlighted() {
  return chosen.cluster;
}

// Dims what belongs to other clusters, in everything or in some part of the page that was made anew.
export function dimOthers(part = document) {
  const light = chosen.cluster;
  part.querySelectorAll("[data-cluster]").forEach((mark) => {
    mark.classList.toggle("dim", light !== null && mark.dataset.cluster !== String(light));
  });
  part.querySelectorAll("[data-highlight]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.highlight === String(light)));
  });
}

export function listenForHighlight(changed) {
  const put = (cluster) => {
    chosen.cluster = cluster;
    changed();
  };
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-highlight]");
    if (!button) return;
    const cluster = Number(button.dataset.highlight);
    put(chosen.cluster === cluster ? null : cluster);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && chosen.cluster !== null) put(null);
  });
}
