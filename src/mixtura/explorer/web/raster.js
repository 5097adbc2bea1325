// Thousands of round marks a frame: each is a small mask, blended into the pixels by whole numbers.

const PARTS = 4; // of a pixel, at which a mark can stand in each direction
const FINE = 8; // samples a pixel and direction, for the coverage of its edge

// Masks of one disc at all places within a pixel: which pixels it covers, and how much, in 256ths.
export function discMasks(radius, alpha) {
  const reach = Math.ceil(radius + 1);
  return Array.from({ length: PARTS * PARTS }, (_, place) => {
    const [cx, cy] = [(place % PARTS) / PARTS, Math.floor(place / PARTS) / PARTS];
    const [across, down, cover] = [[], [], []];
    for (let y = -reach; y <= reach; y += 1) {
      for (let x = -reach; x <= reach; x += 1) {
        const part = Math.round(256 * alpha * coverage(x - cx, y - cy, radius));
        if (part > 0) [across, down, cover].forEach((list, i) => list.push([x, y, part][i]));
      }
    }
    return { across: Int32Array.from(across), down: Int32Array.from(down), cover: Int32Array.from(cover), reach };
  });
}

// The share of the pixel whose middle is at (x, y) that lies within the disc around the origin.
function coverage(x, y, radius) {
  let inside = 0;
  for (let i = 0; i < FINE * FINE; i += 1) {
    const [u, v] = [x + ((i % FINE) + 0.5) / FINE - 0.5, y + (Math.floor(i / FINE) + 0.5) / FINE - 0.5];
    if (u * u + v * v <= radius * radius) inside += 1;
  }
  return inside / (FINE * FINE);
}

// Blends marks into opaque pixels (0xAABBGGRR), in the order given; those over the edge are left out.
// xs and ys are in pixels, colours 0xBBGGRR.
export function stamp(pixels, width, height, { xs, ys, order, colours, masks }) {
  for (let at = 0; at < order.length; at += 1) {
    const i = order[at];
    const [x, y] = [Math.floor(xs[i]), Math.floor(ys[i])];
    const place = Math.floor((xs[i] - x) * PARTS) + PARTS * Math.floor((ys[i] - y) * PARTS);
    const mask = masks[place];
    if (!mask || x < mask.reach || y < mask.reach || x >= width - mask.reach || y >= height - mask.reach) continue;
    blend(pixels, y * width + x, width, mask, colours[i]);
  }
}

// Blue and red are blended at once: they are eight bits apart.
function blend(pixels, origin, width, { across, down, cover }, colour) {
  const [outer, green] = [colour & 0xff00ff, colour & 0x00ff00];
  for (let m = 0; m < cover.length; m += 1) {
    const p = origin + down[m] * width + across[m];
    const [outerUnder, greenUnder] = [pixels[p] & 0xff00ff, pixels[p] & 0x00ff00];
    const part = cover[m];
    pixels[p] = 0xff000000
      | ((outerUnder + (Math.imul(outer - outerUnder, part) >> 8)) & 0xff00ff)
      | ((greenUnder + (Math.imul(green - greenUnder, part) >> 8)) & 0x00ff00);
  }
}
