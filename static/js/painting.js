/** Paints drawings and attention on canvases. */

import { colourAt } from './colours.js';
import { OWN_GRID } from './grid.js';
import { cellBox, homeCell, smooth } from './strokes.js';

/** @typedef {{ink: string, caution: string}} Colours */

/** Opacity of a slip of the pen beyond a stroke's cell, which is not sent. */
const SLIP_ALPHA = 0.22;

/**
 * Sizes a canvas in device pixels and paints it, now and after each resize, zoom or rotation.
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} paint
 */
export function onResize(canvas, paint) {
  const fit = () => {
    const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round(canvas.clientHeight * devicePixelRatio));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    paint();
  };
  new ResizeObserver(fit).observe(canvas);
  // The ratio changes without a resize when a window moves to another screen.
  const watchRatio = () => {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener('change', () => [fit(), watchRatio()], { once: true });
  };
  watchRatio();
}

/**
 * Calls back when the page turns light or dark.
 * @param {() => void} paint
 */
export function onThemeChange(paint) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ['data-theme'] });
}

/**
 * Returns a function that calls back once before the next frame, however often it is called.
 * @param {() => void} paint
 */
export function oncePerFrame(paint) {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      paint();
    });
  };
}

/**
 * Returns the colours of ink in an element; its caret has the colour of caution.
 * @param {Element} pad
 * @returns {Colours}
 */
export function inkColours(pad) {
  const { color, caretColor } = getComputedStyle(pad);
  return { ink: color, caution: caretColor };
}

/**
 * Returns the largest place that a picture fits in, centred on a square: x, y, width, height.
 * @param {{width: number, height: number}} image
 * @param {number} side
 * @returns {[number, number, number, number]}
 */
export function fitInSquare({ width, height }, side) {
  const scale = side / Math.max(width, height);
  return [(side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale];
}

/**
 * Paints a drawing, or an uploaded picture on a square.
 * @param {CanvasRenderingContext2D} context
 * @param {readonly import('./strokes.js').Stroke[]} strokes
 * @param {ImageBitmap | null} image an uploaded picture
 * @param {number} side the longer one
 * @param {Colours} colours
 * @param {import('./grid.js').Grid} grid
 */
export function paintDrawing(context, strokes, image, side, colours, grid = OWN_GRID) {
  if (image) context.drawImage(image, ...fitInSquare(image, side));
  for (const stroke of strokes) paintStroke(context, stroke, side, colours, grid);
}

/**
 * Paints where cells were found in an uploaded picture.
 * @param {CanvasRenderingContext2D} context
 * @param {import('./client.js').Layout} layout
 * @param {ImageBitmap} image
 * @param {number} side
 * @param {Colours} colours
 */
export function paintLayout(context, layout, image, side, { caution }) {
  const [left, top, width] = fitInSquare(image, side);
  const scale = width / image.width;
  const outline = (corners) => {
    context.beginPath();
    for (const [x, y] of corners) context.lineTo(left + x * scale, top + y * scale);
    context.closePath();
    context.stroke();
  };
  context.save();
  context.strokeStyle = caution;
  context.lineJoin = 'round';
  context.lineWidth = Math.max(1.5, side / 250);
  layout.cells.forEach(outline);
  if (layout.sheet) {
    context.setLineDash([side / 60, side / 60]);
    outline(layout.sheet);
  }
  context.restore();
}

/**
 * Paints patches of colour.
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} values of the patches, from 0 to 1
 * @param {(import('./attention.js').Box | null)[]} boxes of the patches, in pixels
 * @param {number} opacity
 */
export function paintAttention(context, values, boxes, opacity) {
  context.save();
  context.globalAlpha = opacity;
  values.forEach((value, patch) => {
    if (!boxes[patch]) return;
    // Whole pixels, so that there are neither gaps nor overlaps between neighbours.
    const [x0, y0, x1, y1] = boxes[patch].map(Math.round);
    context.fillStyle = colourAt(value);
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
  });
  context.restore();
}

/** Paints a stroke: slips into another cell faintly, a stroke across the divider with a dashed line. */
function paintStroke(context, stroke, side, { ink, caution }, grid) {
  const home = homeCell(stroke, grid);
  const dabs = smooth(stroke).map((dab) => dab.map((value) => value * side));
  context.save();
  context.lineCap = context.lineJoin = 'round';
  context.strokeStyle = ink;
  if (home === null) {
    trace(context, dabs);
    context.strokeStyle = caution;
    context.lineWidth = Math.max(1.5, side / 200);
    context.setLineDash([side / 60, side / 45]);
    path(context, dabs);
    context.stroke();
  } else {
    const [left, top, right, bottom] = cellBox(home, grid).map((edge) => edge * side);
    if (dabs.some(([x, y, r]) => x - r < left || x + r > right || y - r < top || y + r > bottom)) {
      context.globalAlpha = SLIP_ALPHA;
      // One path, so that it is no darker where it overlaps itself.
      context.lineWidth = 2 * dabs[0][2];
      path(context, dabs);
      context.stroke();
      context.globalAlpha = 1;
      context.beginPath();
      context.rect(left, top, right - left, bottom - top);
      context.clip();
    }
    trace(context, dabs);
  }
  context.restore();
}

function path(context, dabs) {
  context.beginPath();
  context.moveTo(dabs[0][0], dabs[0][1]);
  // A dot is the round caps of a very short line; one of length 0 would not be drawn.
  if (dabs.length === 1) context.lineTo(dabs[0][0] + 0.01, dabs[0][1]);
  for (const [x, y] of dabs.slice(1)) context.lineTo(x, y);
}

function trace(context, dabs) {
  const radius = dabs[0][2];
  if (dabs.every((dab) => Math.abs(dab[2] - radius) < 0.01)) {
    context.lineWidth = 2 * radius;
    path(context, dabs);
    context.stroke();
    return;
  }
  dabs.slice(1).forEach((dab, i) => {
    context.lineWidth = dabs[i][2] + dab[2];
    path(context, [dabs[i], dab]);
    context.stroke();
  });
}
