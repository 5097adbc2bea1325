// What a mark of a small picture says, beside the pointer or the finger. A mark that is hard to hit answers
// from a little further away.

import { el } from "./dom.js";

const REACH = 16; // pixels

// `marks` are elements with their text in data-tip.
export function listenForTips(host) {
  const tip = el("p", { class: "tip screen-only", role: "tooltip", hidden: "" });
  const show = (event) => {
    if (!host.contains(tip)) host.append(tip); // a picture that was drawn anew has taken its place
    const mark = nearestMark(host, event.clientX, event.clientY);
    host.querySelectorAll(".told").forEach((other) => other.classList.toggle("told", other === mark));
    tip.hidden = mark === null;
    if (mark === null) return;
    mark.classList.add("told");
    tip.textContent = mark.dataset.tip;
    place(tip, host, event);
  };
  const hide = () => {
    tip.hidden = true;
    host.querySelectorAll(".told").forEach((mark) => mark.classList.remove("told"));
  };
  host.addEventListener("pointermove", show);
  host.addEventListener("pointerdown", show);
  host.addEventListener("pointerleave", hide);
}

function nearestMark(host, x, y) {
  let [best, least] = [null, REACH];
  host.querySelectorAll("[data-tip]").forEach((mark) => {
    const box = mark.getBoundingClientRect();
    const across = Math.max(box.left - x, 0, x - box.right);
    const up = Math.max(box.top - y, 0, y - box.bottom);
    const distance = Math.hypot(across, up);
    if (distance < least) [best, least] = [mark, distance];
  });
  return best;
}

// Above the pointer, and within the picture.
function place(tip, host, event) {
  const box = host.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  tip.style.left = `${Math.max(0, Math.min(x - tip.offsetWidth / 2, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${y > tip.offsetHeight + 14 ? y - tip.offsetHeight - 12 : y + 18}px`;
}
