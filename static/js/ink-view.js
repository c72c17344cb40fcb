/** Shows the drawing on the pad: strokes, or an uploaded picture. */

import { isBlank } from './history.js';
import { inkColours, oncePerFrame, onResize, onThemeChange, paintDrawing, paintLayout } from './painting.js';

/**
 * @param {HTMLElement} pad
 * @param {HTMLCanvasElement} canvas
 * @param {import('./state.js').Store} store
 */
export function showInk(pad, canvas, store) {
  const context = canvas.getContext('2d');
  const paint = oncePerFrame(() => {
    const { history, liveStroke, image, answer, answeredDrawing } = store.state;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const strokes = liveStroke ? [...history.present.strokes, liveStroke] : history.present.strokes;
    const colours = inkColours(pad);
    paintDrawing(context, strokes, liveStroke ? null : image, canvas.width, colours);
    if (image && !liveStroke && answer?.layout && answeredDrawing === history.present) {
      paintLayout(context, answer.layout, image, canvas.width, colours);
    }
  });
  onResize(canvas, paint);
  onThemeChange(paint);

  let shown = null;
  store.subscribe((state, changed) => {
    const { picture } = state.history.present;
    if (picture !== shown) {
      shown = picture;
      if (state.image) store.update({ image: null });
      decode(picture).then((image) => {
        if (shown === picture) store.update({ image });
      });
    }
    if (['history', 'liveStroke', 'image', 'answer'].some((key) => changed.has(key))) paint();
  });
}

async function decode(picture) {
  if (!picture) return null;
  // The service may be able to read what the browser cannot show.
  return createImageBitmap(picture.bytes).catch(() => null);
}

/**
 * Shows the current cell, the keyboard's pen, the tool in hand and, on a blank pad, what to do.
 * @param {{pad: HTMLElement, corner: HTMLElement, pen: HTMLElement, hint: HTMLElement}} parts
 * @param {import('./state.js').Store} store
 */
export function showCursor({ pad, corner, pen, hint }, store) {
  store.subscribe((state, changed) => {
    corner.dataset.cell = String(state.cell);
    pad.dataset.tool = state.tool;
    pad.dataset.shows = state.history.present.picture && !state.liveStroke ? 'picture' : 'drawing';
    hint.hidden = !isBlank(state.history.present) || state.liveStroke !== null;
    if (!changed.has('pen')) return;
    const { x, y, isDown, isShown } = state.pen;
    pen.hidden = !isShown;
    pen.style.left = `${x * 100}%`;
    pen.style.top = `${y * 100}%`;
    pen.classList.toggle('is-down', isDown);
  });
}
