/** Rasterises strokes to grey pixels: white ink on black, without the divider. */

import { OWN_GRID, extent, hasSameCells, isSheet, numCells } from './grid.js';
import { cellBox, homeCell, smooth } from './strokes.js';

/** @typedef {import('./strokes.js').Stroke} Stroke */
/** @typedef {import('./grid.js').Grid} Grid */

/**
 * Longer side of the picture that is sent, in pixels: 3.5 times that of the network's input.
 * The service decodes pictures of up to 200 × 200 without passing them to a thread.
 */
export const PICTURE_SIDE = 196;
/** Side of a cell of a sheet: as many pixels as its digits need to be read like those of the reader's own grid. */
const SHEET_CELL = 140;
/** Pixels of a sheet at most; a larger one has smaller cells. */
const SHEET_PIXELS = 4e6;

/**
 * Returns the longer side of the picture that is sent, in pixels.
 * @param {Grid} grid
 */
export function pictureSide(grid) {
  if (!isSheet(grid)) return PICTURE_SIDE;
  const cell = Math.min(SHEET_CELL, Math.floor(Math.sqrt(SHEET_PIXELS / numCells(grid))));
  return cell * Math.max(grid.rows, grid.columns);
}

/**
 * Returns the width of a picture in pixels.
 * @param {number} side the longer one
 * @param {Grid} grid
 */
export const pictureWidth = (side, grid) => Math.round(extent(grid)[0] * side);

/**
 * Returns the pixels of strokes, row by row. Slips beyond a stroke's cell are left out.
 * @param {readonly Stroke[]} strokes
 * @param {number} side the longer one, in pixels
 * @param {Grid} grid
 * @returns {Uint8Array}
 */
export function rasterise(strokes, side = PICTURE_SIDE, grid = OWN_GRID) {
  const pixels = blank(side, grid);
  for (const stroke of strokes) add(pixels, stroke, side, grid);
  return pixels;
}

/**
 * Returns a function that rasterises drawings as they are sent. Of a drawing that grows, only what is
 * new is rasterised.
 * @returns {(strokes: readonly Stroke[], grid: Grid) => Uint8Array}
 */
export function createRasteriser() {
  let kept = { strokes: [], grid: OWN_GRID, pixels: blank(PICTURE_SIDE, OWN_GRID) };
  return (strokes, grid) => {
    const side = pictureSide(grid);
    // The last stroke may still grow.
    const done = strokes.slice(0, -1);
    const isGrown = hasSameCells(kept.grid, grid) && kept.strokes.every((stroke, i) => stroke === done[i]);
    if (!isGrown) kept = { strokes: [], grid, pixels: blank(side, grid) };
    for (const stroke of done.slice(kept.strokes.length)) add(kept.pixels, stroke, side, grid);
    kept.strokes = done;
    const pixels = kept.pixels.slice();
    for (const stroke of strokes.slice(-1)) add(pixels, stroke, side, grid);
    return pixels;
  };
}

function blank(side, grid) {
  const [width, height] = extent(grid).map((share) => Math.round(share * side));
  return new Uint8Array(width * height);
}

function add(pixels, stroke, side, grid) {
  const home = homeCell(stroke, grid);
  const place = home === null ? [0, 0, ...extent(grid)] : cellBox(home, grid);
  const box = place.map((edge) => Math.round(edge * side));
  const width = pictureWidth(side, grid);
  const dabs = smooth(stroke).map((dab) => dab.map((value) => value * side));
  dabs.forEach((dab, i) => fill(pixels, width, box, dabs[Math.max(0, i - 1)], dab));
}

/** Fills the hull of two dabs, with soft edges, inside a box. */
function fill(pixels, width, [left, top, right, bottom], [x0, y0, r0], [x1, y1, r1]) {
  const reach = Math.max(r0, r1) + 1;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const squared = dx * dx + dy * dy;
  const firstX = Math.max(left, Math.floor(Math.min(x0, x1) - reach));
  const lastX = Math.min(right - 1, Math.ceil(Math.max(x0, x1) + reach));
  const firstY = Math.max(top, Math.floor(Math.min(y0, y1) - reach));
  const lastY = Math.min(bottom - 1, Math.ceil(Math.max(y0, y1) + reach));
  for (let row = firstY; row <= lastY; row++) {
    const y = row + 0.5 - y0;
    for (let column = firstX; column <= lastX; column++) {
      const x = column + 0.5 - x0;
      const t = squared ? Math.min(1, Math.max(0, (x * dx + y * dy) / squared)) : 0;
      const [awayX, awayY] = [x - t * dx, y - t * dy];
      const inside = r0 + t * (r1 - r0) + 0.5 - Math.sqrt(awayX * awayX + awayY * awayY);
      if (inside <= 0) continue;
      const level = inside >= 1 ? 255 : Math.round(inside * 255);
      const at = row * width + column;
      if (level > pixels[at]) pixels[at] = level;
    }
  }
}
