// Ellipses on the screen: the axes of a spread in two columns, and what pulling at one of them does to it.

// Half axes [[x, y], [x, y]] in pixels, the longer first, of one standard deviation.
export function screenAxes([[vxx, vxy], [, vyy]], [sx, sy]) {
  const [a, b, c] = [vxx * sx * sx, vxy * sx * sy, vyy * sy * sy];
  const middle = (a + c) / 2;
  const apart = Math.hypot((a - c) / 2, b);
  const angle = apart > 1e-12 * middle ? Math.atan2(2 * b, a - c) / 2 : 0;
  const [long, short] = [Math.sqrt(middle + apart), Math.sqrt(Math.max(0, (a * c - b * b) / (middle + apart)))];
  return [
    [long * Math.cos(angle), long * Math.sin(angle)],
    [-short * Math.sin(angle), short * Math.cos(angle)],
  ];
}

// The linear map, in data coordinates, that takes the ellipse with these axes to the one whose axis `which` is
// `pulled`, with the other across it and as long as before.
export function pull(axes, which, pulled, [sx, sy]) {
  const length = Math.hypot(...pulled);
  const other = axes[1 - which];
  const turn = which === 0 ? 1 : -1;
  const size = Math.hypot(...other) / length;
  const across = [-turn * pulled[1] * size, turn * pulled[0] * size];
  const [u, v] = which === 0 ? [pulled, across] : [across, pulled];
  const [[ax, ay], [bx, by]] = axes;
  const det = ax * by - ay * bx;
  // [u v] [a b]^-1, from pixels to data: entry (r, c) times scale c over scale r.
  const [xx, xy] = [(u[0] * by - v[0] * ay) / det, (v[0] * ax - u[0] * bx) / det];
  const [yx, yy] = [(u[1] * by - v[1] * ay) / det, (v[1] * ax - u[1] * bx) / det];
  return [[xx, (xy * sy) / sx], [(yx * sx) / sy, yy]];
}

// Covariance (d * d, row after row) after a linear map of some of its columns: A S A'.
export function mapped(covariance, d, columns, map) {
  const whole = Array.from({ length: d }, (_, r) => Array.from({ length: d }, (_, c) => (r === c ? 1 : 0)));
  columns.forEach((r, i) => columns.forEach((c, j) => { whole[r][c] = map[i][j]; }));
  const left = product(whole, (r, c) => covariance[r * d + c], d);
  const both = product(left, (r, c) => whole[c][r], d);
  return Float64Array.from({ length: d * d }, (_, at) => {
    const [r, c] = [Math.floor(at / d), at % d];
    return (both[r][c] + both[c][r]) / 2;
  });
}

function product(left, right, d) {
  return left.map((row) => Array.from({ length: d }, (_, c) => (
    row.reduce((sum, value, m) => sum + value * right(m, c), 0))));
}
