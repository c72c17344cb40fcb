/** Digits drawn by this project, as strokes: for the sample grids and for drawing by keyboard. */

import { OWN_GRID, cellSide, scaleOf } from './grid.js';
import { cellBox } from './strokes.js';

/** @typedef {import('./strokes.js').Stroke} Stroke */

/**
 * For each digit the points of its curves: x,y in a box 100 high and about 80 wide.
 * A slash begins another stroke, a bar another curve: there the stroke has a corner.
 */
const SHAPES = [
  '52,0 26,10 10,42 14,78 36,100 62,90 74,55 67,18 50,1 38,5',
  '47,0 45,50 42,100',
  '14,24 26,6 48,0 66,12 63,36 42,66 12,97 | 12,97 40,93 76,95',
  '16,10 40,0 62,10 61,31 36,46 | 36,46 63,56 69,79 49,98 24,99 10,86',
  '26,2 20,30 12,55 | 12,55 40,56 76,52 / 60,8 58,50 54,100',
  '24,4 22,22 19,43 | 19,43 42,37 64,50 67,76 46,98 15,93 / 24,4 46,5 70,2',
  '58,1 36,20 20,50 17,80 35,100 58,93 64,72 48,57 27,65 18,80',
  '12,7 40,6 72,4 | 72,4 56,38 44,70 38,100',
  '60,13 43,0 25,10 27,30 46,46 64,64 66,86 44,100 22,88 25,66 45,47 60,30 61,14',
  '65,18 46,2 25,12 20,34 37,47 57,38 65,18 | 65,18 64,50 59,78 52,100',
];

/** Height of a digit as a share of its cell. */
const HEIGHT = 0.66;
/** Of the pen on the reader's own grid, in pad units. */
const WIDTH = 0.04;
const POINTS_PER_CURVE = 8;
const MILLISECONDS_PER_POINT = 12;

/** Sample grids: their digits in reading order, `_` for a blank cell, and the seed of variations. */
export const SAMPLE_GRIDS = [
  { digits: '7216', seed: 11 },
  { digits: '3_85', seed: 5 },
  { digits: '4902', seed: 23 },
  { digits: '__64', seed: 8 },
];

/**
 * Returns the strokes of a sample grid.
 * @param {{digits: string, seed: number}} grid
 * @returns {Stroke[]}
 */
export function sampleGrid({ digits, seed }) {
  return [...digits].flatMap((digit, cell) =>
    digit === '_' ? [] : sampleDigit(Number(digit), cell, seed * 31 + cell),
  );
}

/**
 * Returns the strokes of one digit in the middle of a cell.
 * @param {number} digit 0 to 9
 * @param {number} cell
 * @param {number} seed of the variations of shape and place
 * @param {import('./grid.js').Grid} grid
 * @returns {Stroke[]}
 */
export function sampleDigit(digit, cell, seed, grid = OWN_GRID) {
  const random = generator(seed);
  const vary = (amount) => (random() * 2 - 1) * amount;
  const [left, top, right, bottom] = cellBox(cell, grid);
  const off = 0.012 * scaleOf(grid);
  const centre = [(left + right) / 2 + vary(off), (top + bottom) / 2 + vary(off)];
  const height = HEIGHT * (1 + vary(0.06)) * cellSide(grid);
  const [slant, turn, stretch] = [-0.06 + vary(0.08), vary(0.05), 1 + vary(0.07)];
  return SHAPES[digit].split(' / ').map((stroke) => {
    const shaken = shake(stroke.split(' | ').map(parsePoints), () => vary(0.014));
    const line = shaken.flatMap((curve, i) => spline(curve).slice(i ? 1 : 0));
    const points = line.map(([x, y], i) => {
      const [u, v] = [(x - 0.42) * stretch - (y - 0.5) * -slant, y - 0.5];
      return [
        centre[0] + height * (u * Math.cos(turn) - v * Math.sin(turn)),
        centre[1] + height * (u * Math.sin(turn) + v * Math.cos(turn)),
        i * MILLISECONDS_PER_POINT,
        0.5,
      ];
    });
    return { points, width: WIDTH * scaleOf(grid) };
  });
}

/** @param {string} curve such as `47,0 45,50` */
function parsePoints(curve) {
  return curve.split(' ').map((place) => place.split(',').map((hundredths) => Number(hundredths) / 100));
}

/** Moves points a little; curves that meet in a corner still do. */
function shake(curves, vary) {
  let corner = null;
  return curves.map((curve) =>
    curve.map(([x, y], i) => {
      const point = i === 0 && corner ? corner : [x + vary(), y + vary()];
      if (i === curve.length - 1) corner = point;
      return point;
    }),
  );
}

/** Returns a smooth line through points: a Catmull-Rom spline. */
function spline(points) {
  const line = [points[0]];
  for (let i = 0; i < points.length - 1; i++) {
    const [a, b, c, d] = [-1, 0, 1, 2].map((k) => points[Math.min(points.length - 1, Math.max(0, i + k))]);
    for (let step = 1; step <= POINTS_PER_CURVE; step++) {
      const t = step / POINTS_PER_CURVE;
      line.push(
        [0, 1].map(
          (axis) =>
            0.5 *
            (2 * b[axis] +
              (c[axis] - a[axis]) * t +
              (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t * t +
              (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t * t * t),
        ),
      );
    }
  }
  return line;
}

/** Returns a seeded generator of random numbers in [0, 1): Mulberry32. */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
