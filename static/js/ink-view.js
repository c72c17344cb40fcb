/** Shows the drawing on the pad: strokes, or an uploaded picture. */

import { cellSide, extent, gridCode, gridText, isOwn, isSheet, numCells } from './grid.js';
import { gridOf, isBlank } from './history.js';
import { inkColours, oncePerFrame, onResize, onThemeChange, paintDrawing, paintLayout } from './painting.js';
import { cellBox } from './strokes.js';

/**
 * @param {HTMLElement} pad
 * @param {HTMLCanvasElement} canvas
 * @param {import('./state.js').Store} store
 */
export function showInk(pad, canvas, store) {
  const context = canvas.getContext('2d');
  // While a stroke grows, all others are painted once.
  const others = document.createElement('canvas');
  let painted = [];
  const paintOthers = (strokes, grid, side, colours) => {
    const now = [strokes, canvas.width, canvas.height, ...Object.values(colours)];
    if (now.every((value, i) => value === painted[i])) return;
    painted = now;
    [others.width, others.height] = [canvas.width, canvas.height];
    paintDrawing(others.getContext('2d'), strokes, null, side, colours, grid);
  };
  const paint = oncePerFrame(() => {
    const { history, liveStroke, image, answer, answeredDrawing } = store.state;
    const { strokes } = history.present;
    const grid = gridOf(history.present);
    const side = Math.max(canvas.width, canvas.height);
    const colours = inkColours(pad);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (liveStroke) {
      paintOthers(strokes, grid, side, colours);
      context.drawImage(others, 0, 0);
      paintDrawing(context, [liveStroke], null, side, colours, grid);
      return;
    }
    paintDrawing(context, strokes, image, side, colours, grid);
    if (image && answer?.layout && answeredDrawing === history.present && !isSheet(answer)) {
      paintLayout(context, answer.layout, image, side, colours);
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
 * Shows the grid, the current cell, the keyboard's pen, the tool in hand and, on a blank pad, what to do.
 * @param {{pad: HTMLElement, corner: HTMLElement, pen: HTMLElement, hint: HTMLElement}} parts
 * @param {import('./state.js').Store} store
 */
export function showCursor({ pad, corner, pen, hint }, store) {
  let shown = '';
  store.subscribe((state, changed) => {
    const grid = gridOf(state.history.present);
    const isPicture = Boolean(state.history.present.picture && !state.liveStroke);
    pad.dataset.tool = state.tool;
    pad.dataset.grid = gridCode(grid);
    pad.dataset.shows = isPicture ? 'picture' : 'drawing';
    const { rows, columns } = isPicture ? { rows: 1, columns: 1 } : grid;
    if (shown !== `${rows} ${columns}`) {
      shown = `${rows} ${columns}`;
      for (const [name, value] of Object.entries({ '--rows': rows, '--columns': columns })) {
        pad.parentElement.style.setProperty(name, String(value));
      }
    }
    if (changed.has('history')) {
      pad.setAttribute('aria-label', `Drawing pad of ${isOwn(grid) ? 'two by two cells' : gridText(grid)}`);
      hint.textContent = isOwn(grid) ? 'Draw a digit in each quarter' : numCells(grid) > 1 ? 'Draw a digit in each cell' : 'Draw a digit';
    }
    corner.dataset.cell = String(state.cell);
    const [across, down] = extent(grid);
    const percent = (share, whole) => `${(100 * share) / whole}%`;
    const [left, top] = cellBox(state.cell, grid);
    Object.assign(corner.style, {
      left: percent(left, across),
      top: percent(top, down),
      width: percent(cellSide(grid), across),
      height: percent(cellSide(grid), down),
    });
    hint.hidden = !isBlank(state.history.present) || state.liveStroke !== null;
    if (!changed.has('pen')) return;
    const { x, y, isDown, isShown } = state.pen;
    pen.hidden = !isShown;
    pen.style.left = percent(x, across);
    pen.style.top = percent(y, down);
    pen.classList.toggle('is-down', isDown);
  });
}
