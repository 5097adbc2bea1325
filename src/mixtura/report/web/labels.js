// Labels that stand where they belong, or a little beside it where they would cover each other.

const ROUNDS = 200;

// Places [[x, y], ...] for round labels of radius r, moved apart until none covers another, and kept
// inside the frame. Labels that cover nothing stay where they are.
export function apart(wanted, r, { left, right, top, bottom }) {
  const least = 2 * r + 1;
  const within = (value, low, high) => Math.min(Math.max(value, low + r), Math.max(low, high) - r);
  const places = wanted.map(([x, y]) => [within(x, left, right), within(y, top, bottom)]);
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = false;
    for (let i = 1; i < places.length; i += 1) {
      for (let j = 0; j < i; j += 1) moved = pushApart(places[i], places[j], least, i + j) || moved;
    }
    places.forEach((place) => {
      place[0] = within(place[0], left, right);
      place[1] = within(place[1], top, bottom);
    });
    if (!moved) break;
  }
  return places;
}

// Moves two places to a distance; those that coincide go apart in a direction of their own.
function pushApart(a, b, least, turn) {
  const [dx, dy] = [a[0] - b[0], a[1] - b[1]];
  const distance = Math.hypot(dx, dy);
  if (distance >= least - 0.01) return false;
  const [ux, uy] = distance > 1e-6 ? [dx / distance, dy / distance] : [Math.cos(turn), Math.sin(turn)];
  const step = (least - distance) / 2;
  a[0] += step * ux;
  a[1] += step * uy;
  b[0] -= step * ux;
  b[1] -= step * uy;
  return true;
}
