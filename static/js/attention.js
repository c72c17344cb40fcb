/**
 * Attention of the decoder, computed from the weights in an answer.
 *
 * @typedef {import('./client.js').Attention} Attention
 * @typedef {number | 'mean'} Choice of a layer or a head
 * @typedef {[x0: number, y0: number, x1: number, y1: number]} Box
 */

import { OWN_GRID } from './grid.js';

/** Side of a patch in the picture that the network sees. */
const PATCH_PIXELS = 14;

/**
 * Returns the weights of one step, patch by patch; they add up to 1.
 * @param {Attention} attention
 * @param {number} step
 * @param {Choice} layer
 * @param {Choice} head
 * @returns {number[]}
 */
export function weightsOf(attention, step, layer, head) {
  const layers = pick(attention.weights[step], layer);
  return mean(layers.map((heads) => mean(pick(heads, head))));
}

/**
 * Returns the greatest weight of any step, so that all steps can be shown on one scale.
 * @param {Attention} attention
 * @param {Choice} layer
 * @param {Choice} head
 */
export function peakOf(attention, layer, head) {
  const steps = attention.weights.map((_, step) => Math.max(...weightsOf(attention, step, layer, head)));
  return Math.max(...steps, 1e-6);
}

/**
 * Returns the place of each patch in the picture that was sent, as shares of it; null for the patches of
 * cells that the network sees and a smaller grid does not have.
 *
 * The normal form centres and scales each cell's ink, so the border between two patches of a cell
 * depends on where its ink is. The centre of its box is used, which is right to a pixel or two of
 * the cell's 28. Outer patches extend to the edge of the cell.
 * @param {import('./client.js').Answer} answer
 * @param {{width: number, height: number} | null} size of the picture in pixels, if it is known
 * @returns {(Box | null)[]}
 */
export function patchBoxes({ attention, ink, rows = OWN_GRID.rows, columns = OWN_GRID.columns }, size) {
  const isKnown = ink && size;
  const { width, height } = isKnown ? size : { width: 1, height: 1 };
  const [left, top, right, bottom] = isKnown ? ink.grid_box : [0, 0, 1, 1];
  const perCell = [attention.columns / OWN_GRID.columns, attention.rows / OWN_GRID.rows];
  return Array.from({ length: attention.rows * attention.columns }, (_, patch) => {
    const [across, down] = [patch % attention.columns, Math.floor(patch / attention.columns)];
    const [column, row] = [Math.floor(across / perCell[0]), Math.floor(down / perCell[1])];
    if (column >= columns || row >= rows) return null;
    const cell = isKnown ? ink.cells[row * columns + column] : null;
    const [x0, x1] = edges(across, perCell[0], column, [left, (right - left) / columns], cell, 0);
    const [y0, y1] = edges(down, perCell[1], row, [top, (bottom - top) / rows], cell, 1);
    return [x0 / width, y0 / height, x1 / width, y1 / height];
  });
}

/** Returns both edges of a patch along one axis, in pixels of the picture. */
function edges(patch, perCell, index, [start, length], cell, axis) {
  const from = start + index * length;
  const edge = (number) => {
    const share = number / perCell;
    if (number === 0 || number === perCell || !cell?.box) return from + share * length;
    const middle = (cell.box[axis] + cell.box[axis + 2]) / 2;
    const place = middle + ((share - 0.5) * perCell * PATCH_PIXELS) / cell.scale;
    return Math.min(from + length, Math.max(from, place));
  };
  const within = patch - index * perCell;
  return [edge(within), edge(within + 1)];
}

function pick(list, choice) {
  // A model served later may have fewer layers or heads than the one chosen for.
  return choice === 'mean' || choice >= list.length ? list : [list[choice]];
}

function mean(lists) {
  return lists[0].map((_, i) => lists.reduce((sum, list) => sum + list[i], 0) / lists.length);
}
