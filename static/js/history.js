/**
 * Undo and redo: every drawing that was on the pad, oldest first.
 *
 * @typedef {import('./strokes.js').Stroke} Stroke
 * @typedef {{bytes: Blob, type: string, name: string, isSmaller: boolean}} Picture an uploaded file, as it
 *   came, or made smaller: then under another name, for the file of its own name is not what is sent
 * @typedef {import('./grid.js').Grid} Grid
 * @typedef {{strokes: readonly Stroke[], picture: Picture | null, grid?: Grid}} Drawing without a grid, one of
 *   the reader's own
 * @typedef {{past: readonly Drawing[], present: Drawing, future: readonly Drawing[]}} History
 */

import { OWN_GRID } from './grid.js';

const MAX_STEPS = 500;

/** @type {Drawing} */
export const BLANK = Object.freeze({ strokes: Object.freeze([]), picture: null });

/** @returns {History} */
export function startHistory(present = BLANK) {
  return { past: [], present, future: [] };
}

/**
 * Returns the history after a change.
 * @param {History} history
 * @param {Partial<Drawing>} change
 * @returns {History}
 */
export function commit({ past, present }, change) {
  return { past: [...past, present].slice(-MAX_STEPS), present: { ...present, ...change }, future: [] };
}

/** @param {History} history @returns {History} */
export function undo(history) {
  const { past, present, future } = history;
  if (!past.length) return history;
  return { past: past.slice(0, -1), present: past[past.length - 1], future: [present, ...future] };
}

/** @param {History} history @returns {History} */
export function redo(history) {
  const { past, present, future } = history;
  if (!future.length) return history;
  return { past: [...past, present], present: future[0], future: future.slice(1) };
}

/**
 * Returns the grid of a drawing.
 * @param {Drawing | null | undefined} drawing
 * @returns {Grid}
 */
export const gridOf = (drawing) => drawing?.grid ?? OWN_GRID;

/** @param {Drawing} drawing */
export function isBlank({ strokes, picture }) {
  return strokes.length === 0 && picture === null;
}

/**
 * Returns the history with one more stroke; on an uploaded picture it begins a fresh drawing.
 * @param {History} history
 * @param {Stroke} stroke
 * @returns {History}
 */
export function addStroke(history, stroke) {
  const strokes = history.present.picture ? [] : history.present.strokes;
  return commit(history, { picture: null, strokes: [...strokes, stroke] });
}
