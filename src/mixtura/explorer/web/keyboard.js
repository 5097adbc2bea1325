// Keys: letters that press buttons, and arrows that go from row to row in the picture.

const MOVES = { ArrowRight: ["across", 1], ArrowLeft: ["across", -1], ArrowUp: ["up", 1], ArrowDown: ["up", -1] };

// `letters` are [key, what it does, action]. Who speaks to the computer can switch them off.
export function listenToLetters(letters, isOn) {
  document.addEventListener("keydown", (event) => {
    if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const found = letters.find(([key]) => key === event.key.toLowerCase());
    if (!found) return;
    event.preventDefault();
    found[2]();
  });
}

function isTyping(target) {
  return target.matches("input:not([type=checkbox], [type=range]), select, textarea, dialog *");
}

export function listenToRows(session, picture, host) {
  host.addEventListener("keydown", (event) => {
    if (event.target !== host || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") session.focusRow(-1);
    else if (event.key === "Home") session.focusRow(picture.order("across")[0], { aloud: true });
    else if (event.key === "End") session.focusRow(picture.order("across").at(-1), { aloud: true });
    else if (event.key in MOVES) {
      const [axis, step] = MOVES[event.key];
      session.focusRow(neighbour(picture.order(axis), session.focus, step), { aloud: true });
    } else return;
    event.preventDefault();
  });
}

function neighbour(order, current, step) {
  if (current < 0) return order[step > 0 ? 0 : order.length - 1];
  return order[Math.min(order.length - 1, Math.max(0, order.indexOf(current) + step))];
}

export function listenToPointer(session, picture, host) {
  let pinned = false;
  const at = (event) => {
    const box = host.getBoundingClientRect();
    return picture.nearest(event.clientX - box.left, event.clientY - box.top, event.pointerType === "touch" ? 36 : 24);
  };
  host.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || pinned || session.dragging) return;
    session.focusRow(at(event));
  });
  host.addEventListener("pointerleave", () => { if (!pinned) session.focusRow(-1); });
  host.addEventListener("click", (event) => {
    if (event.target.closest(".handle")) return;
    const found = at(event);
    pinned = found >= 0 && !(pinned && found === session.focus);
    session.focusRow(pinned ? found : -1, { aloud: pinned });
  });
}
