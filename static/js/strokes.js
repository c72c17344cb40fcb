/**
 * Strokes: the data from which the pad is painted and the picture to send is made.
 *
 * Lengths are in pad units: the longer side of the grid is 1, its cells are square, y grows downwards.
 *
 * @typedef {[x: number, y: number, t: number, pressure: number]} Point
 *   t in milliseconds since the stroke began; pressure in [0, 1], 0.5 where nothing measures it.
 * @typedef {{points: Point[], width: number}} Stroke
 * @typedef {[x: number, y: number, radius: number]} Dab
 */

import { OWN_GRID, cellSide, hasSameCells, numCells } from './grid.js';

/** @typedef {import('./grid.js').Grid} Grid */

/** A stroke with at least this share of its length in one cell belongs to that cell. */
export const HOME_SHARE = 0.75;

/** Distance of dabs at most, and as a share of a narrow stroke's width. */
const STEP = 0.006;
const STEP_SHARE = 0.3;

/**
 * Returns the number of the cell, in reading order, in which a place lies.
 * @param {number} x
 * @param {number} y
 * @param {Grid} grid
 */
export function cellAt(x, y, grid = OWN_GRID) {
  const index = (value, count) => Math.min(count - 1, Math.max(0, Math.floor(value / cellSide(grid))));
  return index(y, grid.rows) * grid.columns + index(x, grid.columns);
}

/**
 * Returns the left, upper, right and lower edge of a cell.
 * @param {number} cell
 * @param {Grid} grid
 * @returns {[number, number, number, number]}
 */
export function cellBox(cell, grid = OWN_GRID) {
  const column = cell % grid.columns;
  const row = (cell - column) / grid.columns;
  return [column, row, column + 1, row + 1].map((edge) => edge * cellSide(grid));
}

/** Strokes never change: one that grows under the pen is another at each move. @type {WeakMap<Stroke, Dab[]>} */
const lines = new WeakMap();

/**
 * Returns the smooth line of a stroke as dabs of ink, close enough to be joined by straight lines.
 *
 * The points are control points of quadratic curves that meet half-way between them.
 * @param {Stroke} stroke
 * @returns {readonly Dab[]}
 */
export function smooth(stroke) {
  const known = lines.get(stroke);
  if (known) return known;
  const line = smoothLine(stroke);
  lines.set(stroke, line);
  return line;
}

function smoothLine({ points, width }) {
  const longest = Math.min(STEP, STEP_SHARE * width);
  const radius = (pressure) => (width / 2) * (0.55 + 0.9 * pressure);
  const middle = (a, b) => a.map((value, i) => (value + b[i]) / 2);
  const last = points[points.length - 1];
  const dabs = [[points[0][0], points[0][1], radius(points[0][3])]];
  for (let i = 1; i < points.length - 1; i++) {
    const from = middle(points[i - 1], points[i]);
    const to = middle(points[i], points[i + 1]);
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const steps = Math.min(16, Math.max(1, Math.ceil(length / longest)));
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
 * @param {Grid} grid
 * @returns {number[]}
 */
export function cellShares({ points }, grid = OWN_GRID) {
  const lengths = new Array(numCells(grid)).fill(0);
  const piece = 0.02 * cellSide(grid);
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    const length = Math.hypot(x1 - x0, y1 - y0);
    const pieces = Math.max(1, Math.ceil(length / piece));
    for (let number = 0; number < pieces; number++) {
      const t = (number + 0.5) / pieces;
      lengths[cellAt(x0 + t * (x1 - x0), y0 + t * (y1 - y0), grid)] += length / pieces;
    }
  }
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  if (whole === 0) {
    lengths[cellAt(points[0][0], points[0][1], grid)] = 1;
    return lengths;
  }
  return lengths.map((length) => length / whole);
}

/** @type {WeakMap<Stroke, {grid: Grid, home: number | null, main: number, touched: number[]}>} */
const homes = new WeakMap();

function locate(stroke, grid) {
  const known = homes.get(stroke);
  if (known && hasSameCells(known.grid, grid)) return known;
  const shares = cellShares(stroke, grid);
  const most = Math.max(...shares);
  const main = shares.indexOf(most);
  const touched = shares.flatMap((share, cell) => (share > 0 ? [cell] : []));
  const found = { grid, main, home: most >= HOME_SHARE ? main : null, touched };
  homes.set(stroke, found);
  return found;
}

/**
 * Returns the cell that a stroke belongs to, or null where it is drawn across the divider.
 *
 * What a stroke draws beyond its cell is a slip of the pen, and is not sent.
 * @param {Stroke} stroke
 * @param {Grid} grid
 */
export function homeCell(stroke, grid = OWN_GRID) {
  return locate(stroke, grid).home;
}

/**
 * Returns the cell that holds most of a stroke.
 * @param {Stroke} stroke
 * @param {Grid} grid
 */
export function mainCell(stroke, grid = OWN_GRID) {
  return locate(stroke, grid).main;
}

/**
 * Returns for each cell whether a stroke that is drawn across the divider touches it.
 * @param {readonly Stroke[]} strokes
 * @param {Grid} grid
 * @returns {boolean[]}
 */
export function cellsCrossed(strokes, grid = OWN_GRID) {
  const crossed = new Array(numCells(grid)).fill(false);
  for (const stroke of strokes) {
    const { home, touched } = locate(stroke, grid);
    if (home === null) for (const cell of touched) crossed[cell] = true;
  }
  return crossed;
}

/**
 * Returns strokes on another grid: each stays in its row and column. Those of cells that the other
 * grid does not have are left out.
 * @param {readonly Stroke[]} strokes
 * @param {Grid} from
 * @param {Grid} to
 * @returns {Stroke[]}
 */
export function moveToGrid(strokes, from, to) {
  const scale = cellSide(to) / cellSide(from);
  const isKept = (stroke) => {
    const cell = mainCell(stroke, from);
    return cell % from.columns < to.columns && Math.floor(cell / from.columns) < to.rows;
  };
  return strokes.filter(isKept).map(({ points, width }) => ({
    points: points.map(([x, y, t, pressure]) => [x * scale, y * scale, t, pressure]),
    width: width * scale,
  }));
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
