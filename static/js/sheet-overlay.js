/** Shows over the pad what was found on a sheet: its cells, their digits in place, what is doubtful. */

import { unsureCells } from './answer-view.js';
import { element } from './elements.js';
import { extent, isSheet } from './grid.js';
import { gridOf } from './history.js';
import { fitInSquare, oncePerFrame, onResize } from './painting.js';
import { isSudoku, signsOf, sudokuConflicts } from './sheet.js';
import { shownGrid } from './state.js';
import { cellBox } from './strokes.js';

/** @typedef {[x: number, y: number][]} Quad clockwise from the upper left, in pixels of the canvas */

const WATCHED = ['answer', 'corrections', 'focus', 'image', 'history', 'isChecked', 'liveStroke'];
/** Height of a digit as a share of its cell, and the least that can be read, in CSS pixels. */
const DIGIT_SHARE = 0.28;
const MIN_DIGIT = 8;
const PALE = '#ffffffd9';
const DARK = '#10141af0';
const ACCENT = '#0a3a7c';
const CAUTION = '#b45309';

/**
 * @param {HTMLElement} pad
 * @param {import('./state.js').Store} store
 * @param {(cell: number) => void} onChoose a cell of an opened picture was touched
 */
export function showFound(pad, store, onChoose) {
  const canvas = element('canvas', { class: 'layer', 'aria-hidden': 'true', 'data-testid': 'found' });
  pad.querySelector('#overlay').after(canvas);
  const context = canvas.getContext('2d');
  const paint = oncePerFrame(() => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    const quads = quadsOf(store.state, canvas.width, canvas.height);
    if (quads) paintCells(context, store.state, quads);
  });
  onResize(canvas, paint);
  store.subscribe((_, changed) => {
    if (WATCHED.some((key) => changed.has(key))) paint();
  });
  pad.addEventListener('click', (event) => {
    if (!store.state.history.present.picture) return;
    const box = canvas.getBoundingClientRect();
    const quads = quadsOf(store.state, box.width, box.height) ?? [];
    const cell = quads.findIndex((quad) => isInside([event.clientX - box.left, event.clientY - box.top], quad));
    if (cell >= 0) onChoose(cell);
  });
}

/**
 * Returns where the cells of the sheet are on a canvas; null where they are not known.
 * @returns {Quad[] | null}
 */
function quadsOf(state, width, height) {
  const { answer, answeredDrawing, image, liveStroke, history } = state;
  if (!answer || !answeredDrawing || !isSheet(shownGrid(state))) return null;
  if (!answeredDrawing.picture) {
    const grid = gridOf(answeredDrawing);
    const scale = width / extent(grid)[0];
    return answer.cells.map((_, cell) => {
      const [left, top, right, bottom] = cellBox(cell, grid).map((edge) => edge * scale);
      return [[left, top], [right, top], [right, bottom], [left, bottom]];
    });
  }
  if (!image || liveStroke || history.present.picture !== answeredDrawing.picture) return null;
  const [left, top, shown] = fitInSquare(image, Math.max(width, height));
  const scale = shown / image.width;
  return answer.layout?.cells.map((quad) => quad.map(([x, y]) => [left + x * scale, top + y * scale])) ?? null;
}

/** Every line has a pale and a dark one beside each other: a photograph may be of any colour. */
function paintCells(context, state, quads) {
  const { answer, answeredDrawing, corrections, focus, isChecked } = state;
  const isUnsure = unsureCells(state);
  const signs = signsOf(answer.cells, corrections);
  const conflicts = isChecked && isSudoku(shownGrid(state)) ? sudokuConflicts(signs).cells : new Set();
  const unit = devicePixelRatio;
  context.save();
  context.lineJoin = 'round';
  if (answeredDrawing.picture) {
    for (const quad of quads) line(context, quad, DARK, 2 * unit);
    for (const quad of quads) line(context, quad, PALE, unit);
    paintCorners(context, quads, shownGrid(state), unit);
  }
  quads.forEach((quad, cell) => {
    const isDoubtful = isUnsure[cell] && !corrections.has(cell);
    const inner = shrink(quad, 0.08);
    if (isDoubtful || conflicts.has(cell)) {
      line(context, inner, PALE, 4 * unit);
      line(context, inner, CAUTION, 2.5 * unit, isDoubtful ? [5 * unit, 3 * unit] : []);
    }
    if (cell === focus) {
      line(context, quad, PALE, 5 * unit);
      line(context, quad, ACCENT, 3 * unit);
    }
    paintSign(context, quad, signs[cell] && isDoubtful && signs[cell] !== '?' ? `${signs[cell]}?` : signs[cell], {
      isStrong: corrections.has(cell), unit,
    });
  });
  context.restore();
}

function paintCorners(context, quads, { rows, columns }, unit) {
  const at = [[0, 0], [columns - 1, 1], [rows * columns - 1, 2], [(rows - 1) * columns, 3]];
  for (const [cell, corner] of at) {
    const [x, y] = quads[cell][corner];
    for (const [colour, radius] of [[DARK, 6], [PALE, 4.5]]) {
      context.beginPath();
      context.arc(x, y, radius * unit, 0, 2 * Math.PI);
      context.fillStyle = colour;
      context.fill();
    }
  }
}

/** Writes what a cell holds into its lower right corner, on a ground of its own. */
function paintSign(context, quad, sign, { isStrong, unit }) {
  const height = Math.min(distance(quad[0], quad[3]), distance(quad[1], quad[2]), distance(quad[0], quad[1]));
  const size = Math.min(22 * unit, Math.max(MIN_DIGIT * unit, height * DIGIT_SHARE));
  if (!sign || size > height * 0.7) return;
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const width = context.measureText(sign).width + size * 0.4;
  const [right, bottom] = shrink(quad, 0.03)[2];
  const [x, y] = [right - width / 2, bottom - size / 2];
  context.beginPath();
  context.roundRect(x - width / 2, y - size * 0.55, width, size * 1.1, size * 0.25);
  context.fillStyle = isStrong ? ACCENT : PALE;
  context.fill();
  context.fillStyle = isStrong ? '#ffffff' : ACCENT;
  context.fillText(sign, x, y + size * 0.06);
}

function line(context, quad, colour, width, dashes = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.beginPath();
  for (const [x, y] of quad) context.lineTo(x, y);
  context.closePath();
  context.stroke();
}

const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);

/** Returns a quad made smaller about its centre, by a share of it. */
function shrink(quad, share) {
  const centre = [0, 1].map((axis) => quad.reduce((sum, corner) => sum + corner[axis], 0) / quad.length);
  return quad.map((corner) => corner.map((value, axis) => value + (centre[axis] - value) * share));
}

/** @param {[number, number]} place @param {Quad} quad convex, clockwise */
function isInside([x, y], quad) {
  return quad.every(([x0, y0], i) => {
    const [x1, y1] = quad[(i + 1) % quad.length];
    return (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0;
  });
}
