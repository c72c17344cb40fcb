/** Shows where the reader looked: a small picture for each step, and one of them over the pad. */

import { previewOnHover } from './answer-view.js';
import { patchBoxes, peakOf, weightsOf } from './attention.js';
import { colourAt } from './colours.js';
import { element, iconOf } from './elements.js';
import {
  fitInSquare, inkColours, onResize, onThemeChange, oncePerFrame, paintAttention, paintDrawing,
} from './painting.js';
import { cellName, extent, hasSameCells, isSheet, numCells } from './grid.js';
import { gridOf } from './history.js';
import { cellText, percent } from './messages.js';
import { PICTURE_SIDE } from './raster.js';
import { shownGrid } from './state.js';

const STEP_MS = 1100;
const WATCHED = ['answer', 'image', 'layer', 'head', 'opacity', 'step', 'previewStep'];

/** @typedef {import('./state.js').Store} Store */

/** Returns the step to be shown over the pad, or null. */
function shownStep({ answer, previewStep, step }) {
  return answer?.attention ? (previewStep ?? step) : null;
}

/**
 * Marks on the page whether the ink of an opened picture is dark or light, as the colours of
 * attention depend on it; for a drawing the theme decides.
 * @param {HTMLElement} main
 * @param {Store} store
 */
export function markInkPolarity(main, store) {
  store.subscribe(({ answer, answeredDrawing }, changed) => {
    if (!changed.has('answer')) return;
    const polarity = answeredDrawing?.picture ? answer?.ink?.polarity : null;
    if (polarity) main.dataset.ink = polarity === 'dark_on_light' ? 'dark' : 'light';
    else delete main.dataset.ink;
  });
}

/** Paints the attention of a step over the place of the picture on a square, or of the drawing. */
function paintStep(context, state, step, side, opacity) {
  const { answer, answeredDrawing, image, layer, head } = state;
  const { attention } = answer;
  const { picture } = answeredDrawing;
  const shares = extent(gridOf(answeredDrawing));
  const [drawnWidth, drawnHeight] = shares.map((share) => share * PICTURE_SIDE);
  const size = picture ? image : { width: drawnWidth, height: drawnHeight };
  const drawn = [0, 0, ...(picture ? [side, side] : shares.map((share) => share * side))];
  const [left, top, width, height] = picture && image ? fitInSquare(image, side) : drawn;
  const place = ([x0, y0, x1, y1]) => [
    ...[left + x0 * width, top + y0 * height],
    ...[left + x1 * width, top + y1 * height],
  ];
  const boxes = patchBoxes(answer, size).map((box) => box && place(box));
  const peak = peakOf(attention, layer, head);
  const values = weightsOf(attention, step, layer, head).map((weight) => weight / peak);
  paintAttention(context, values, boxes, opacity);
}

/**
 * @param {HTMLCanvasElement} overlay
 * @param {Store} store
 */
export function showOverlay(overlay, store) {
  const context = overlay.getContext('2d');
  const paint = oncePerFrame(() => {
    const step = shownStep(store.state);
    context.clearRect(0, 0, overlay.width, overlay.height);
    if (step !== null) paintStep(context, store.state, step, Math.max(overlay.width, overlay.height), store.state.opacity);
  });
  onResize(overlay, paint);
  store.subscribe((state, changed) => {
    if (!WATCHED.some((key) => changed.has(key))) return;
    const step = shownStep(state);
    overlay.hidden = step === null;
    if (step === null) delete overlay.dataset.step;
    else overlay.dataset.step = String(step);
    paint();
  });
}

/**
 * Makes one button for each step, with its picture.
 * @param {HTMLElement} row
 * @param {Store} store
 * @param {(step: number) => void} onChoose
 */
export function showSteps(row, store, onChoose) {
  let shown = null;
  let steps = [];
  const make = (step) => {
    const canvas = element('canvas', { 'aria-hidden': 'true' });
    const label = element('span');
    const button = element('button', { type: 'button', 'data-testid': `step-${step}` }, canvas, label);
    button.addEventListener('click', () => onChoose(step));
    previewOnHover(button, store, step);
    row.append(button);
    onResize(canvas, paint);
    return { button, canvas, label, context: canvas.getContext('2d') };
  };
  const paint = oncePerFrame(() => {
    const { state } = store;
    const { strokes, picture } = state.answeredDrawing ?? {};
    steps.forEach(({ context, canvas }, step) => {
      const side = canvas.width;
      context.clearRect(0, 0, side, side);
      if (!state.answer?.attention) return;
      const style = getComputedStyle(canvas);
      context.save();
      context.fillStyle = style.backgroundColor;
      context.fillRect(0, 0, side, side);
      paintDrawing(context, strokes, picture && state.image, side, inkColours(canvas), gridOf(state.answeredDrawing));
      context.globalCompositeOperation = style.getPropertyValue('--blend').trim();
      paintStep(context, state, step, side, state.opacity);
      context.restore();
    });
  });
  onThemeChange(paint);
  store.subscribe((state, changed) => {
    const grid = shownGrid(state);
    if (!shown || !hasSameCells(shown, grid)) {
      shown = grid;
      row.replaceChildren();
      steps = isSheet(grid) ? [] : Array.from({ length: numCells(grid) }, (_, step) => make(step));
    }
    steps.forEach(({ button, label }, step) => {
      const cell = state.answer?.cells[step];
      button.disabled = !state.answer?.attention;
      button.setAttribute('aria-pressed', String(state.step === step));
      button.classList.toggle('is-shown', shownStep(state) === step);
      label.textContent = cell ? `${step + 1}: ${cellText(cell)}` : `${step + 1}`;
    });
    if (['answer', 'image', 'layer', 'head', 'opacity'].some((key) => changed.has(key))) paint();
  });
}

/**
 * @param {{bar: HTMLCanvasElement, high: HTMLElement}} parts
 * @param {Store} store
 */
export function showScale({ bar, high }, store) {
  const context = bar.getContext('2d');
  for (let x = 0; x < bar.width; x++) {
    context.fillStyle = colourAt(x / (bar.width - 1));
    context.fillRect(x, 0, 1, bar.height);
  }
  store.subscribe(({ answer, layer, head, opacity }) => {
    bar.style.opacity = String(opacity);
    high.textContent = answer?.attention ? percent(peakOf(answer.attention, layer, head)) : 'most';
  });
}

/**
 * @param {{layer: HTMLSelectElement, head: HTMLSelectElement, opacity: HTMLInputElement}} parts
 * @param {Store} store
 */
export function connectAttentionControls({ layer, head, opacity }, store) {
  const choice = ({ value }) => (value === 'mean' ? 'mean' : Number(value));
  layer.addEventListener('change', () => store.update({ layer: choice(layer) }));
  head.addEventListener('change', () => store.update({ head: choice(head) }));
  opacity.addEventListener('input', () => store.update({ opacity: Number(opacity.value) }));
  store.subscribe(({ answer, opacity: value }) => {
    opacity.value = String(value);
    if (!answer?.attention) return;
    fillOptions(layer, answer.attention.layers, store, 'layer');
    fillOptions(head, answer.attention.heads, store, 'head');
  });
}

function fillOptions(select, count, store, name) {
  if (select.options.length === count + 1) return;
  const numbers = Array.from({ length: count }, (_, i) => new Option(String(i + 1), String(i)));
  select.replaceChildren(new Option('mean', 'mean'), ...numbers);
  store.update({ [name]: 'mean' });
}

/**
 * Plays the steps one after another; with reduced motion, each press shows the next one.
 * @param {HTMLButtonElement} button
 * @param {Store} store
 */
export function playSteps(button, store) {
  let timer = 0;
  const stop = () => {
    clearTimeout(timer);
    store.update({ isPlaying: false, previewStep: null });
  };
  const show = (step) => {
    if (!store.state.answer?.attention || step === numCells(shownGrid(store.state))) {
      stop();
      return;
    }
    store.update({ isPlaying: true, previewStep: step });
    timer = setTimeout(() => show(step + 1), STEP_MS);
  };
  button.addEventListener('click', () => {
    const { isPlaying, step, answer } = store.state;
    if (isPlaying) stop();
    else if (!answer) store.update({ note: { words: 'Nothing to play yet: draw a digit first.' } });
    else if (matchMedia('(prefers-reduced-motion: reduce)').matches) store.update({ step: ((step ?? -1) + 1) % numCells(shownGrid(store.state)) });
    else show(0);
  });
  store.subscribe(({ isPlaying }, changed) => {
    if (!changed.has('isPlaying')) return;
    button.setAttribute('aria-pressed', String(isPlaying));
    button.replaceChildren(iconOf(isPlaying ? 'stop' : 'play'), element('span', {}, isPlaying ? 'Stop' : 'Play'));
  });
}

/**
 * Shows the figures: a line for each step, a column for each patch row by row.
 * @param {HTMLTableElement} table
 * @param {Store} store
 */
export function showFigures(table, store) {
  // In the next frame, as the table is not urgent.
  const fill = oncePerFrame(() => fillFigures(table, store.state));
  store.subscribe((_, changed) => {
    if (['answer', 'layer', 'head'].some((key) => changed.has(key))) fill();
  });
}

function fillFigures(table, state) {
  const { answer, layer, head } = state;
  if (!answer?.attention) {
    table.replaceChildren(element('caption', {}, 'Nothing read yet.'));
    return;
  }
  const { attention, cells } = answer;
  const choiceText = (choice) => (choice === 'mean' ? 'mean of all' : String(choice + 1));
  const choices = `Layer: ${choiceText(layer)}; head: ${choiceText(head)}.`;
  const caption = `Percent of the attention on each patch, by its row and column. ${choices}`;
  const patches = Array.from({ length: attention.rows * attention.columns }, (_, patch) =>
    element('th', { scope: 'col' }, `${Math.floor(patch / attention.columns) + 1}, ${(patch % attention.columns) + 1}`),
  );
  const lines = cells.map((cell, step) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${cellName(step, shownGrid(state))}: ${cellText(cell)}`),
      ...weightsOf(attention, step, layer, head).map((weight) => element('td', {}, (weight * 100).toFixed(1))),
    ),
  );
  table.replaceChildren(
    element('caption', {}, element('span', {}, caption)),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Cell'), ...patches)),
    element('tbody', {}, ...lines),
  );
}
