/** Shows the drawing: strokes, or an uploaded picture, sharp at any size and pixel ratio. */

import { cellBox, homeCell, smooth } from './strokes.js';

/** Slips beyond a stroke's cell are drawn so faint, for they are not sent. */
const SLIP_ALPHA = 0.22;

/**
 * @param {HTMLElement} pad
 * @param {HTMLCanvasElement} canvas
 * @param {import('./state.js').Store} store
 */
export function showInk(pad, canvas, store) {
  const context = canvas.getContext('2d');
  let image = null;
  let shown = null;
  let isWaiting = false;

  const paint = () => {
    isWaiting = false;
    const { history, live } = store.state;
    const side = canvas.width;
    context.clearRect(0, 0, side, side);
    if (image) {
      const box = fitted(image, side);
      context.drawImage(image, ...box);
    }
    const style = getComputedStyle(pad);
    const colours = { ink: style.color, caution: style.getPropertyValue('caret-color') };
    for (const stroke of history.present.strokes) paintStroke(context, stroke, side, colours);
    if (live) paintStroke(context, live, side, colours);
  };
  const paintSoon = () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(paint);
  };

  const loadPicture = async (picture) => {
    shown = picture;
    image = null;
    if (!picture) return paintSoon();
    // A file that the browser cannot show may still be one that the service can read.
    const loaded = await createImageBitmap(picture.bytes).catch(() => null);
    if (shown !== picture) return undefined;
    image = loaded;
    return paintSoon();
  };

  onResize(canvas, paintSoon);
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(query).addEventListener('change', paintSoon);
  }
  new MutationObserver(paintSoon).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  store.watch((state, changed) => {
    if (!changed.has('history') && !changed.has('live')) return;
    if (state.history.present.picture !== shown) loadPicture(state.history.present.picture);
    paintSoon();
  });
}

/**
 * Gives a canvas one pixel for each of the screen's, now and after each resize, zoom or rotation.
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} paint
 */
export function onResize(canvas, paint) {
  const fit = () => {
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const height = Math.max(1, Math.round((canvas.clientHeight / canvas.clientWidth) * side) || side);
    if (canvas.width !== side || canvas.height !== height) [canvas.width, canvas.height] = [side, height];
    paint();
  };
  new ResizeObserver(fit).observe(canvas);
  // The ratio changes without a resize when a window moves to another screen.
  const watchRatio = () => {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener(
      'change',
      () => {
        fit();
        watchRatio();
      },
      { once: true },
    );
  };
  watchRatio();
}

/**
 * Returns where a picture stands on a square of a side: x, y, width, height.
 * @param {{width: number, height: number}} image
 * @param {number} side
 * @returns {[number, number, number, number]}
 */
export function fitted({ width, height }, side) {
  const scale = side / Math.max(width, height);
  return [(side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale];
}

/**
 * Draws one stroke: what is sent in full, a slip into the next cell faintly, and a stroke that is
 * drawn across the divider with a dashed line along it.
 */
export function paintStroke(context, stroke, side, { ink, caution }) {
  const home = homeCell(stroke);
  const dabs = smooth(stroke).map((dab) => dab.map((value) => value * side));
  context.lineCap = context.lineJoin = 'round';
  context.strokeStyle = context.fillStyle = ink;
  if (home === null) {
    trace(context, dabs);
    context.save();
    context.strokeStyle = caution;
    context.lineWidth = Math.max(2, side / 220);
    context.setLineDash([side / 60, side / 45]);
    path(context, dabs);
    context.stroke();
    context.restore();
    return;
  }
  const [left, top, right, bottom] = cellBox(home).map((edge) => edge * side);
  const isSlip = dabs.some(([x, y, r]) => x - r < left || x + r > right || y - r < top || y + r > bottom);
  context.save();
  if (isSlip) {
    context.globalAlpha = SLIP_ALPHA;
    // One line, so that where it overlaps itself it is no darker.
    context.lineWidth = 2 * dabs[0][2];
    path(context, dabs);
    context.stroke();
    context.globalAlpha = 1;
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
  }
  trace(context, dabs);
  context.restore();
}

function path(context, dabs) {
  context.beginPath();
  context.moveTo(dabs[0][0], dabs[0][1]);
  // A line of no length shows its round cap: a dot.
  if (dabs.length === 1) context.lineTo(dabs[0][0], dabs[0][1]);
  for (const [x, y] of dabs.slice(1)) context.lineTo(x, y);
}

function trace(context, dabs) {
  const width = dabs[0][2];
  if (dabs.every((dab) => Math.abs(dab[2] - width) < 0.01)) {
    context.lineWidth = 2 * width;
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
