// Lines of equal height on a grid (marching squares), as pairs of ends.

// Which edges of a cell a line crosses, by the corners that are above: bit 0 at (x, y), 1 at (x + 1, y),
// 2 at (x + 1, y + 1), 3 at (x, y + 1). Edges: 0 along y, 1 along x + 1, 2 along y + 1, 3 along x.
const CROSSED = [
  [], [3, 0], [0, 1], [3, 1], [1, 2], [3, 0, 1, 2], [0, 2], [3, 2],
  [2, 3], [2, 0], [0, 1, 2, 3], [2, 1], [1, 3], [1, 0], [0, 3], [],
];
const ENDS = [[0, 0, 1, 0], [1, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1]];

// Heights row after row; returns [x1, y1, x2, y2, ...] in steps of the grid.
export function contour(heights, across, up, level) {
  const found = [];
  const height = (x, y) => heights[y * across + x];
  for (let y = 0; y + 1 < up; y += 1) {
    for (let x = 0; x + 1 < across; x += 1) {
      const above = (height(x, y) > level ? 1 : 0) | (height(x + 1, y) > level ? 2 : 0)
        | (height(x + 1, y + 1) > level ? 4 : 0) | (height(x, y + 1) > level ? 8 : 0);
      CROSSED[above].forEach((edge) => {
        const [x1, y1, x2, y2] = ENDS[edge];
        const [from, to] = [height(x + x1, y + y1), height(x + x2, y + y2)];
        const t = (level - from) / (to - from);
        found.push(x + x1 + t * (x2 - x1), y + y1 + t * (y2 - y1));
      });
    }
  }
  return found;
}

const SPIKE = 8; // places of the grid: what is higher on no more of them does not set the levels

// Levels below the top, each by the same factor: the outermost is a small part of it.
export function contourLevels(heights, count = 9, least = 0.01) {
  const top = Float64Array.from(heights).sort().at(-1 - SPIKE);
  return Array.from({ length: count }, (_, i) => top * least ** (1 - (i + 0.5) / count));
}
