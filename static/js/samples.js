/** Digits drawn by this project, as strokes: for the sample grids and for drawing by keyboard. */

import { SIDE, cellBox } from './strokes.js';

/** @typedef {import('./strokes.js').Stroke} Stroke */

/**
 * For each digit its strokes; a stroke is a chain of curves, each through its points, that meet in
 * corners. In a box 1 high and about 0.8 wide.
 */
const SHAPES = [
  [[[[0.52, 0], [0.26, 0.1], [0.1, 0.42], [0.14, 0.78], [0.36, 1], [0.62, 0.9], [0.74, 0.55], [0.67, 0.18], [0.5, 0.01], [0.38, 0.05]]]],
  [[[[0.47, 0], [0.45, 0.5], [0.42, 1]]]],
  [[[[0.14, 0.24], [0.26, 0.06], [0.48, 0], [0.66, 0.12], [0.63, 0.36], [0.42, 0.66], [0.12, 0.97]], [[0.12, 0.97], [0.4, 0.93], [0.76, 0.95]]]],
  [[[[0.16, 0.1], [0.4, 0], [0.62, 0.1], [0.61, 0.31], [0.36, 0.46]], [[0.36, 0.46], [0.63, 0.56], [0.69, 0.79], [0.49, 0.98], [0.24, 0.99], [0.1, 0.86]]]],
  [[[[0.26, 0.02], [0.2, 0.3], [0.12, 0.55]], [[0.12, 0.55], [0.4, 0.56], [0.76, 0.52]]], [[[0.6, 0.08], [0.58, 0.5], [0.54, 1]]]],
  [[[[0.24, 0.04], [0.22, 0.22], [0.19, 0.43]], [[0.19, 0.43], [0.42, 0.37], [0.64, 0.5], [0.67, 0.76], [0.46, 0.98], [0.15, 0.93]]], [[[0.24, 0.04], [0.46, 0.05], [0.7, 0.02]]]],
  [[[[0.58, 0.01], [0.36, 0.2], [0.2, 0.5], [0.17, 0.8], [0.35, 1], [0.58, 0.93], [0.64, 0.72], [0.48, 0.57], [0.27, 0.65], [0.18, 0.8]]]],
  [[[[0.12, 0.07], [0.4, 0.06], [0.72, 0.04]], [[0.72, 0.04], [0.56, 0.38], [0.44, 0.7], [0.38, 1]]]],
  [[[[0.6, 0.13], [0.43, 0], [0.25, 0.1], [0.27, 0.3], [0.46, 0.46], [0.64, 0.64], [0.66, 0.86], [0.44, 1], [0.22, 0.88], [0.25, 0.66], [0.45, 0.47], [0.6, 0.3], [0.61, 0.14]]]],
  [[[[0.65, 0.18], [0.46, 0.02], [0.25, 0.12], [0.2, 0.34], [0.37, 0.47], [0.57, 0.38], [0.65, 0.18]], [[0.65, 0.18], [0.64, 0.5], [0.59, 0.78], [0.52, 1]]]],
];

/** Height of a digit as a share of its cell. */
const HEIGHT = 0.66;
const WIDTH = 0.04;
const POINTS_PER_CURVE = 8;
const MILLISECONDS_PER_POINT = 12;

/** Sample grids: their digits in reading order, `_` for a blank cell, and what varies the hand. */
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
 * @param {number} seed each gives another hand
 * @returns {Stroke[]}
 */
export function sampleDigit(digit, cell, seed) {
  const random = generator(seed);
  const vary = (amount) => (random() * 2 - 1) * amount;
  const [left, top, right, bottom] = cellBox(cell);
  const centre = [(left + right) / 2 + vary(0.012), (top + bottom) / 2 + vary(0.012)];
  const height = (HEIGHT * (1 + vary(0.06))) / SIDE;
  const [slant, turn, stretch] = [-0.06 + vary(0.08), vary(0.05), 1 + vary(0.07)];
  return SHAPES[digit].map((curves) => {
    const shaken = shake(curves, () => vary(0.014));
    const line = shaken.flatMap((curve, i) => through(curve).slice(i ? 1 : 0));
    const points = line.map(([x, y], i) => {
      const [u, v] = [(x - 0.42) * stretch - (y - 0.5) * -slant, y - 0.5];
      return [
        centre[0] + height * (u * Math.cos(turn) - v * Math.sin(turn)),
        centre[1] + height * (u * Math.sin(turn) + v * Math.cos(turn)),
        i * MILLISECONDS_PER_POINT,
        0.5,
      ];
    });
    return { points, width: WIDTH };
  });
}

/** Moves the points a little, and leaves curves that meet in a corner together. */
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

/** Returns a line through points (Catmull and Rom's spline). */
function through(points) {
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

/** Returns a small generator of numbers in [0, 1) (Mulberry32): the same seed, the same hand. */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
