/** Shows what the reader saw, and what was done to the ink before. */

import { element } from './elements.js';
import { CELL_NAMES } from './words.js';

/** Side of what the network sees, in pixels. */
const SEEN_SIDE = 56;
/** Less of a change than this is not worth a word. */
const LEAST_PERCENT = 3;

/**
 * @param {{image: HTMLImageElement, notes: HTMLElement}} parts
 * @param {import('./state.js').Store} store
 */
export function showSeen({ image, notes }, store) {
  store.watch(({ answer }, changed) => {
    if (!changed.has('answer')) return;
    const isShown = Boolean(answer?.normal_form);
    image.hidden = !isShown;
    if (isShown) image.src = answer.normal_form;
    image.alt = isShown ? `The 56 by 56 pixel picture that was read as ${answer.reading.replaceAll('_', ' blank ')}` : '';
    notes.replaceChildren(...sayInk(answer?.ink).map((words) => element('li', {}, words)));
  });
}

/**
 * Says what was done to the ink.
 * @param {import('./client.js').Answer['ink']} ink
 * @returns {string[]}
 */
export function sayInk(ink) {
  if (!ink) return [];
  const isDark = ink.polarity === 'dark_on_light';
  const polarity = isDark ? 'Dark ink on light: turned to light on dark.' : 'Light ink on dark: left so.';
  // The scale at which the grid as it came would fill what the network sees.
  const plain = SEEN_SIDE / (ink.grid_box[2] - ink.grid_box[0]);
  const cells = ink.cells.map((cell, number) => {
    const name = CELL_NAMES[number];
    return `${name[0].toUpperCase()}${name.slice(1)}: ${sayCell(cell, plain)}.`;
  });
  return [polarity, ...cells];
}

function sayCell({ box, scale, shift, restroked }, plain) {
  if (!box) return 'no ink';
  const done = [];
  const size = Math.round((100 * scale) / plain);
  if (Math.abs(size - 100) >= LEAST_PERCENT) done.push(`drawn at ${size} % of its size`);
  // The ink stood to one side and was moved to the other. How far is not said: that counts from the
  // cell as the service cut it, which the answer does not tell.
  const [across, down] = (shift ?? [0, 0]).map((share) => -100 * share);
  const moves = [];
  if (Math.abs(across) >= LEAST_PERCENT) moves.push(across > 0 ? 'right' : 'left');
  if (Math.abs(down) >= LEAST_PERCENT) moves.push(down > 0 ? 'down' : 'up');
  if (moves.length) done.push(`moved ${moves.join(' and ')}`);
  if (Math.abs(restroked ?? 0) >= 0.05) {
    done.push(`lines ${Math.abs(restroked).toFixed(1)} px ${restroked > 0 ? 'wider' : 'thinner'}`);
  }
  return done.join(', ') || 'left nearly as it was';
}
