/** Shows what the reader saw, and what was done to the ink before. */

import { element } from './elements.js';
import { CELL_NAMES } from './words.js';

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
  const cells = ink.cells.map(({ box, scale, shift, stroke_width: width }, number) => {
    const name = CELL_NAMES[number];
    if (!box) return `${name}: no ink`;
    const done = [];
    if (scale) done.push(`size × ${scale.toFixed(2)}`);
    if (shift) done.push(`moved ${shift.map((by) => Math.round(by)).join(', ')} px`);
    if (width) done.push(`strokes ${width.toFixed(1)} px wide`);
    return `${name}: ${done.join('; ') || 'left as it was'}`;
  });
  return [polarity, ...cells.map((words) => `${words[0].toUpperCase()}${words.slice(1)}.`)];
}
