/**
 * Strokes: the data from which the pad is painted and the picture to send is made.
 *
 * Lengths are in pad units: the whole grid is 1 wide and 1 high, y grows downwards.
 *
 * @typedef {[x: number, y: number, t: number, pressure: number]} Point
 *   t in milliseconds since the stroke began; pressure in [0, 1], 0.5 where nothing measures it.
 * @typedef {{points: Point[], width: number}} Stroke
 * @typedef {[x: number, y: number, radius: number]} Dab
 */

/** Cells along one side of the grid. */
export const SIDE = 2;
export const NUM_CELLS = SIDE * SIDE;

/** A stroke with at least this share of its length in one cell belongs to that cell. */
export const HOME_SHARE = 0.75;

const STEP = 0.006;

/**
 * Returns the number of the cell, in reading order, in which a place lies.
 * @param {number} x
 * @param {number} y
 */
export function cellAt(x, y) {
  const index = (value) => Math.min(SIDE - 1, Math.max(0, Math.floor(value * SIDE)));
  return index(y) * SIDE + index(x);
}

/**
 * Returns the left, upper, right and lower edge of a cell.
 * @param {number} cell
 * @returns {[number, number, number, number]}
 */
export function cellBox(cell) {
  const column = cell % SIDE;
  const row = (cell - column) / SIDE;
  return [column / SIDE, row / SIDE, (column + 1) / SIDE, (row + 1) / SIDE];
}

/**
 * Returns the smooth line of a stroke as dabs of ink, close enough to be joined by straight lines.
 *
 * The points are control points of quadratic curves that meet half-way between them.
 * @param {Stroke} stroke
 * @returns {Dab[]}
 */
export function smooth({ points, width }) {
  const radius = (pressure) => (width / 2) * (0.55 + 0.9 * pressure);
  const middle = (a, b) => a.map((value, i) => (value + b[i]) / 2);
  const last = points[points.length - 1];
  const dabs = [[points[0][0], points[0][1], radius(points[0][3])]];
  for (let i = 1; i < points.length - 1; i++) {
    const from = middle(points[i - 1], points[i]);
    const to = middle(points[i], points[i + 1]);
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const steps = Math.min(16, Math.max(1, Math.ceil(length / STEP)));
    for (let step = i === 1 ? 0 : 1; step <= steps; step++) {
      const t = step / steps;
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      const at = (axis) => a * from[axis] + b * points[i][axis] + c * to[axis];
      dabs.push([at(0), at(1), radius(at(3))]);
    }
  }
  if (points.length > 1) dabs.push([last[0], last[1], radius(last[3])]);
  return dabs;
}

/**
 * Returns how much of a stroke's length lies in each cell; the shares add up to 1.
 * @param {Stroke} stroke
 * @returns {number[]}
 */
export function cellShares({ points }) {
  const lengths = new Array(NUM_CELLS).fill(0);
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    const length = Math.hypot(x1 - x0, y1 - y0);
    const pieces = Math.max(1, Math.ceil(length / 0.01));
    for (let piece = 0; piece < pieces; piece++) {
      const t = (piece + 0.5) / pieces;
      lengths[cellAt(x0 + t * (x1 - x0), y0 + t * (y1 - y0))] += length / pieces;
    }
  }
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  if (whole === 0) {
    lengths[cellAt(points[0][0], points[0][1])] = 1;
    return lengths;
  }
  return lengths.map((length) => length / whole);
}

/** @type {WeakMap<Stroke, {length: number, home: number | null, main: number}>} */
const homes = new WeakMap();

function locate(stroke) {
  const known = homes.get(stroke);
  // Only the stroke being drawn changes, and it only gets longer.
  if (known && known.length === stroke.points.length) return known;
  const shares = cellShares(stroke);
  const most = Math.max(...shares);
  const main = shares.indexOf(most);
  const found = { length: stroke.points.length, main, home: most >= HOME_SHARE ? main : null };
  homes.set(stroke, found);
  return found;
}

/**
 * Returns the cell that a stroke belongs to, or null where it is drawn across the divider.
 *
 * What a stroke draws beyond its cell is a slip of the pen, and is not sent.
 * @param {Stroke} stroke
 */
export function homeCell(stroke) {
  return locate(stroke).home;
}

/**
 * Returns the cell that holds most of a stroke.
 * @param {Stroke} stroke
 */
export function mainCell(stroke) {
  return locate(stroke).main;
}

/**
 * Returns for each cell whether a stroke that is drawn across the divider touches it.
 * @param {readonly Stroke[]} strokes
 * @returns {boolean[]}
 */
export function cellsCrossed(strokes) {
  const shares = strokes.filter((stroke) => homeCell(stroke) === null).map(cellShares);
  return Array.from({ length: NUM_CELLS }, (_, cell) => shares.some((share) => share[cell] > 0));
}

/**
 * Says whether a place is on a stroke's ink, or within a margin of it.
 * @param {Stroke} stroke
 * @param {number} x
 * @param {number} y
 * @param {number} margin
 */
export function isHit(stroke, x, y, margin = 0.012) {
  const dabs = smooth(stroke);
  return dabs.some((to, i) => {
    const from = dabs[Math.max(0, i - 1)];
    return distance(x, y, from, to) <= to[2] + margin;
  });
}

function distance(x, y, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const squared = dx * dx + dy * dy;
  const t = squared ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / squared)) : 0;
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
