/** Shows the drawing on the pad: strokes, or an uploaded picture. */

import { isBlank } from './history.js';
import { coloursOf, inNextFrame, onResize, onTheme, paintDrawing } from './painting.js';

/**
 * @param {HTMLElement} pad
 * @param {HTMLCanvasElement} canvas
 * @param {import('./state.js').Store} store
 */
export function showInk(pad, canvas, store) {
  const context = canvas.getContext('2d');
  const paint = inNextFrame(() => {
    const { history, live, image } = store.state;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const strokes = live ? [...history.present.strokes, live] : history.present.strokes;
    paintDrawing(context, strokes, live ? null : image, canvas.width, coloursOf(pad));
  });
  onResize(canvas, paint);
  onTheme(paint);

  let shown = null;
  store.watch((state, changed) => {
    const { picture } = state.history.present;
    if (picture !== shown) {
      shown = picture;
      if (state.image) store.change({ image: null });
      decode(picture).then((image) => {
        if (shown === picture) store.change({ image });
      });
    }
    if (['history', 'live', 'image'].some((key) => changed.has(key))) paint();
  });
}

async function decode(picture) {
  if (!picture) return null;
  // What the browser cannot show the service may still be able to read.
  return createImageBitmap(picture.bytes).catch(() => null);
}

/**
 * Shows the current cell, the keyboard's pen, the tool in hand and, on a blank pad, what to do.
 * @param {{pad: HTMLElement, corner: HTMLElement, pen: HTMLElement, hint: HTMLElement}} parts
 * @param {import('./state.js').Store} store
 */
export function showCursor({ pad, corner, pen, hint }, store) {
  store.watch((state, changed) => {
    corner.dataset.cell = String(state.cell);
    pad.dataset.tool = state.tool;
    pad.dataset.shows = state.history.present.picture && !state.live ? 'picture' : 'drawing';
    hint.hidden = !isBlank(state.history.present) || state.live !== null;
    if (!changed.has('pen')) return;
    const { x, y, isDown, isShown } = state.pen;
    pen.hidden = !isShown;
    pen.style.left = `${x * 100}%`;
    pen.style.top = `${y * 100}%`;
    pen.classList.toggle('is-down', isDown);
  });
}
