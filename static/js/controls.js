/** Connects buttons and fields with actions, and shows which are available. */

import { element } from './elements.js';
import { extent, scaleOf } from './grid.js';
import { gridOf } from './history.js';
import { inkColours, oncePerFrame, onResize, onThemeChange, paintDrawing } from './painting.js';
import { SAMPLE_GRIDS, sampleGrid } from './samples.js';

/** @typedef {ReturnType<typeof import('./actions.js').createActions>} Actions */

/**
 * @param {object} parts the buttons by name, the field for the width of the pen and what shows it
 * @param {import('./state.js').Store} store
 * @param {Actions} actions
 */
export function connectTools(parts, store, actions) {
  parts.undo.addEventListener('click', () => actions.undo());
  parts.redo.addEventListener('click', () => actions.redo());
  parts.erase.addEventListener('click', () => actions.toggleErase());
  parts.clearCell.addEventListener('click', () => actions.clearCell());
  parts.clear.addEventListener('click', () => actions.clear());
  parts.width.addEventListener('input', () => actions.setWidth(Number(parts.width.value)));
  store.subscribe(({ history, tool, width }) => {
    // Not `disabled`, with which a button would lose the keyboard's focus.
    parts.undo.setAttribute('aria-disabled', String(!history.past.length));
    parts.redo.setAttribute('aria-disabled', String(!history.future.length));
    parts.erase.setAttribute('aria-pressed', String(tool === 'erase'));
    parts.width.value = String(width);
    const grid = gridOf(history.present);
    const padUnit = history.present.picture ? parts.pad.clientWidth : parts.pad.clientWidth / extent(grid)[0];
    parts.dot.style.setProperty('--pen-size', `${(width * scaleOf(grid) * padUnit).toFixed(1)}px`);
  });
}

/**
 * Makes the sample grids.
 * @param {HTMLElement} row
 * @param {Actions} actions
 */
export function showSamples(row, actions) {
  for (const grid of SAMPLE_GRIDS) {
    const words = [...grid.digits].map((digit) => (digit === '_' ? 'blank' : digit)).join(', ');
    const canvas = element('canvas', { 'aria-hidden': 'true' });
    const button = element(
      'button',
      { type: 'button', 'data-testid': 'sample', 'data-digits': grid.digits, 'aria-label': `Sample: ${words}` },
      canvas,
    );
    const strokes = sampleGrid(grid);
    const paint = oncePerFrame(() => {
      const context = canvas.getContext('2d');
      context.clearRect(0, 0, canvas.width, canvas.height);
      paintDrawing(context, strokes, null, canvas.width, inkColours(button));
    });
    button.addEventListener('click', () => actions.showSample(grid));
    row.append(button);
    onResize(canvas, paint);
    onThemeChange(paint);
  }
}

/**
 * Switches between light and dark; until then the page follows the system's preference.
 * @param {HTMLButtonElement} button
 */
export function connectThemeSwitch(button) {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  button.addEventListener('click', () => {
    const preferred = system.matches ? 'dark' : 'light';
    const next = (root.dataset.theme ?? preferred) === 'dark' ? 'light' : 'dark';
    if (next === preferred) delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === preferred) localStorage.removeItem('theme');
      else localStorage.setItem('theme', next);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  });
}

/**
 * @param {HTMLInputElement} checkbox
 * @param {import('./state.js').Store} store
 */
export function connectSingleKeysSetting(checkbox, store) {
  try {
    if (localStorage.getItem('single-keys') === 'pad') store.update({ hasSingleKeys: false });
  } catch {
    // As above.
  }
  checkbox.checked = store.state.hasSingleKeys;
  checkbox.addEventListener('change', () => {
    store.update({ hasSingleKeys: checkbox.checked });
    try {
      localStorage.setItem('single-keys', checkbox.checked ? 'page' : 'pad');
    } catch {
      // As above.
    }
  });
}
