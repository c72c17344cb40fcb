/** Rasterises strokes to grey pixels: white ink on black, without the divider. */

import { cellBox, homeCell, smooth } from './strokes.js';

/** @typedef {import('./strokes.js').Stroke} Stroke */

/**
 * Side of the picture that is sent, in pixels: 3.5 times that of the network's input.
 * The service decodes pictures of up to 200 × 200 without passing them to a thread.
 */
export const PICTURE_SIDE = 196;

/**
 * Returns the pixels of strokes, row by row. Slips beyond a stroke's cell are left out.
 * @param {readonly Stroke[]} strokes
 * @param {number} side in pixels
 * @returns {Uint8Array}
 */
export function rasterise(strokes, side = PICTURE_SIDE) {
  const pixels = new Uint8Array(side * side);
  for (const stroke of strokes) {
    const home = homeCell(stroke);
    const box = (home === null ? [0, 0, 1, 1] : cellBox(home)).map((edge) => Math.round(edge * side));
    const dabs = smooth(stroke).map((dab) => dab.map((value) => value * side));
    dabs.forEach((dab, i) => fill(pixels, side, box, dabs[Math.max(0, i - 1)], dab));
  }
  return pixels;
}

/** Fills the hull of two dabs, with soft edges, inside a box. */
function fill(pixels, side, [left, top, right, bottom], [x0, y0, r0], [x1, y1, r1]) {
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
      const at = row * side + column;
      if (level > pixels[at]) pixels[at] = level;
    }
  }
}
