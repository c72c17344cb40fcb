/**
 * A drawing as text for the fragment of a link: `g1.`, for one on the reader's own grid, and base64url of
 *
 *     number of strokes, then for each: width in thousandths of the pad, plus 128 if it has
 *     pressures; number of points; each point as its difference from the one before, and its pressure
 *     in 255ths; then two bytes of checksum (Fletcher's) over all this
 *
 * Numbers are varints, differences zigzag; coordinates count in 2047ths of the pad. Times are left
 * out, and points closer than a pen's width can show. A drawing on another grid begins with `g2.`, and
 * within it numbers of rows and columns come first; its lengths are those on a pad of which two cells are 1.
 */

import { OWN_GRID, isOwn, parseGrid, scaleOf } from './grid.js';

const VERSION = 'g1.';
const VERSION_WITH_GRID = 'g2.';
const UNITS = 2047;
const MIN_UNITS = 14;
const MILLISECONDS_PER_POINT = 8;
const MAX_TEXT = 400_000;
const MAX_STROKES = 4_000;
const MAX_POINTS = 150_000;

/** A link does not hold a drawing that this page can read. */
export class LinkError extends Error {}

/**
 * @param {readonly import('./strokes.js').Stroke[]} strokes
 * @param {import('./grid.js').Grid} grid
 * @returns {string}
 */
export function encodeStrokes(strokes, grid = OWN_GRID) {
  const bytes = [];
  const put = (value) => {
    for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
    bytes.push(value);
  };
  const scale = 1 / scaleOf(grid);
  if (!isOwn(grid)) [grid.rows, grid.columns].forEach(put);
  put(strokes.length);
  for (const { points, width } of strokes) {
    const inUnits = points.map(([x, y, , pressure]) => [...[x, y].map((at) => Math.round(at * scale * UNITS)), pressure]);
    const places = dropClosePoints(inUnits);
    const hasPressure = points.some((point) => point[3] !== 0.5);
    bytes.push(Math.min(127, Math.max(1, Math.round(width * scale * 1000))) | (hasPressure ? 128 : 0));
    put(places.length);
    let last = [0, 0];
    for (const [x, y, pressure] of places) {
      for (const difference of [x - last[0], y - last[1]]) put(difference < 0 ? -2 * difference - 1 : 2 * difference);
      if (hasPressure) bytes.push(Math.round(pressure * 255));
      last = [x, y];
    }
  }
  bytes.push(...checksum(bytes));
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join('');
  return (isOwn(grid) ? VERSION : VERSION_WITH_GRID) + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * @param {string} text
 * @returns {{strokes: import('./strokes.js').Stroke[], grid: import('./grid.js').Grid}}
 * @throws {LinkError} with words for the reader of the page
 */
export function decodeDrawing(text) {
  const hasGrid = text.startsWith(VERSION_WITH_GRID);
  if (!hasGrid && !text.startsWith(VERSION)) throw new LinkError('This link is of a kind that this page does not know.');
  if (text.length > MAX_TEXT) throw new LinkError('This link is too long to be a drawing.');
  const bytes = decodeBase64url(text.slice(VERSION.length));
  const body = bytes.slice(0, -2);
  const sums = checksum(body);
  if (bytes.length < 3 || sums[0] !== bytes.at(-2) || sums[1] !== bytes.at(-1)) {
    throw new LinkError('This link is damaged or cut short.');
  }
  let at = 0;
  const byte = () => {
    if (at >= body.length) throw new LinkError('This link ends too early.');
    return body[at++];
  };
  const number = (most) => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const next = byte();
      value |= (next & 127) << shift;
      if (next < 128) {
        if (value > most) throw new LinkError('This link holds more than a drawing can.');
        return value;
      }
    }
    throw new LinkError('This link holds a number that is too large.');
  };
  const grid = hasGrid ? parseGrid(number(UNITS), number(UNITS)) : OWN_GRID;
  if (!grid) throw new LinkError('This link holds a grid that cannot be read here.');
  const scale = scaleOf(grid);
  let left = MAX_POINTS;
  const strokes = Array.from({ length: number(MAX_STROKES) }, () => {
    const first = byte();
    const count = number(left);
    if (count === 0) throw new LinkError('This link holds a stroke without points.');
    left -= count;
    const last = [0, 0];
    const points = Array.from({ length: count }, (_, i) => {
      for (const axis of [0, 1]) {
        const difference = number((4 * UNITS) / scale);
        last[axis] += difference & 1 ? -(difference + 1) / 2 : difference / 2;
      }
      const pressure = first & 128 ? byte() / 255 : 0.5;
      const [x, y] = last.map((place) => Math.min(1, Math.max(0, (place / UNITS) * scale)));
      return [x, y, i * MILLISECONDS_PER_POINT, pressure];
    });
    return { points, width: (Math.max(1, first & 127) / 1000) * scale };
  });
  return { strokes, grid };
}

/** Returns the strokes of a link alone. @param {string} text */
export const decodeStrokes = (text) => decodeDrawing(text).strokes;

/** Leaves out points too near the one before; the first and the last stay. */
function dropClosePoints(places) {
  const kept = [places[0]];
  places.slice(1).forEach((place, i) => {
    const last = kept[kept.length - 1];
    const isFar = Math.hypot(place[0] - last[0], place[1] - last[1]) >= MIN_UNITS;
    if (isFar || i === places.length - 2) kept.push(place);
  });
  return kept;
}

function decodeBase64url(base64url) {
  try {
    const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    return Array.from(binary, (letter) => letter.charCodeAt(0));
  } catch {
    throw new LinkError('This link holds characters that do not belong in it.');
  }
}

function checksum(bytes) {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 255;
    b = (b + a) % 255;
  }
  return [a, b];
}
