/** Shows the normal form that was read, and how the ink was brought to it. */

import { element } from './elements.js';
import { OWN_GRID, cellName } from './grid.js';
import { cellText } from './messages.js';
import { shownGrid } from './state.js';

/** Side of a cell of what the network sees, in pixels. */
const CELL_SIDE = 28;
/** What cells were found by, as the service names it. */
const FOUND_BY = { lines: 'their lines', digits: 'how the digits lie', ink: 'their ink' };
/** Smaller changes than this are not mentioned. */
const MIN_PERCENT = 3;

/**
 * @param {{image: HTMLImageElement, notes: HTMLElement}} parts
 * @param {import('./state.js').Store} store
 */
export function showNormalForm({ image, notes }, store) {
  store.subscribe((state, changed) => {
    if (!changed.has('answer')) return;
    const { answer } = state;
    const isShown = Boolean(answer?.normal_form);
    image.hidden = !isShown;
    if (isShown) image.src = answer.normal_form;
    image.alt = isShown ? `The 56 by 56 pixel picture that was read as ${answer.cells.map(cellText).join(', ')}` : '';
    notes.replaceChildren(...[...describeLayout(answer?.layout), ...describeInk(answer?.ink, shownGrid(state))].map((words) => element('li', {}, words)));
  });
}

/**
 * Describes where the cells were found.
 * @param {import('./client.js').Answer['layout']} layout
 * @returns {string[]}
 */
export function describeLayout(layout) {
  if (!layout) return [];
  const turned = Math.abs(Math.round(layout.rotation));
  const isPlain = layout.found_by === 'form' || (layout.found_by === 'ink' && !layout.sheet && !turned);
  if (isPlain) return [];
  const where = layout.sheet ? ' on a part of the picture' : '';
  const how = turned ? `, turned by ${turned}° ${layout.rotation > 0 ? 'clockwise' : 'counterclockwise'}` : '';
  return [`Cells found by ${FOUND_BY[layout.found_by] ?? 'their ink'}${where}${how}.`];
}

/**
 * Describes how the ink was brought to the normal form.
 * @param {import('./client.js').Answer['ink']} ink
 * @param {import('./grid.js').Grid} grid
 * @returns {string[]}
 */
export function describeInk(ink, grid = OWN_GRID) {
  if (!ink) return [];
  const isDark = ink.polarity === 'dark_on_light';
  const polarity = isDark ? 'Dark ink on light: turned to light on dark.' : 'Light ink on dark: left so.';
  // The scale at which the grid, otherwise unchanged, would fill the normal form.
  const plain = (grid.columns * CELL_SIDE) / (ink.grid_box[2] - ink.grid_box[0]);
  const cells = ink.cells.map((cell, number) => {
    const name = cellName(number, grid);
    return `${name[0].toUpperCase()}${name.slice(1)}: ${describeCell(cell, plain)}.`;
  });
  return [polarity, ...cells];
}

function describeCell({ box, scale, shift, restroked }, plain) {
  if (!box) return 'no ink';
  const done = [];
  const size = Math.round((100 * scale) / plain);
  if (Math.abs(size - 100) >= MIN_PERCENT) done.push(`drawn at ${size} % of its size`);
  // Opposite to the shift. Only the direction is mentioned, as the distance depends on the service's
  // boundaries of the cell, which are not in the answer.
  const [across, down] = (shift ?? [0, 0]).map((share) => -100 * share);
  const moves = [];
  if (Math.abs(across) >= MIN_PERCENT) moves.push(across > 0 ? 'right' : 'left');
  if (Math.abs(down) >= MIN_PERCENT) moves.push(down > 0 ? 'down' : 'up');
  if (moves.length) done.push(`moved ${moves.join(' and ')}`);
  if (Math.abs(restroked ?? 0) >= 0.05) {
    done.push(`lines ${Math.abs(restroked).toFixed(1)} px ${restroked > 0 ? 'wider' : 'thinner'}`);
  }
  return done.join(', ') || 'left nearly as it was';
}
