/** Draws and erases with mouse, touch and pen. */

import { extent, scaleOf } from './grid.js';
import { addStroke, commit, gridOf } from './history.js';
import { cellAt, isHit } from './strokes.js';

const PRIMARY = 1;
const ERASER = 32;
/** Points nearer than this to the last one are dropped. */
const MIN_MOVE = 0.001;

/**
 * @param {HTMLElement} pad
 * @param {import('./state.js').Store} store
 * @param {import('./client.js').LiveReader} reader
 * @param {() => boolean} onStart called before anything is drawn; says whether it may be
 */
export function drawWithPointer(pad, store, reader, onStart) {
  /** @type {{id: number, type: string, mode: 'draw' | 'erase', startedAt: number, before: object} | null} */
  let active = null;
  let hasSeenPen = false;

  const place = (event) => {
    const box = pad.getBoundingClientRect();
    // The border is no part of the canvas.
    const [width, height] = [pad.clientWidth, pad.clientHeight];
    const within = (value) => Math.min(1, Math.max(0, value));
    const [across, down] = extent(gridOf(store.state.history.present));
    return [
      within((event.clientX - box.left - pad.clientLeft) / width) * across,
      within((event.clientY - box.top - pad.clientTop) / height) * down,
    ];
  };
  const pointOf = (event) => {
    const pressure = event.pointerType === 'pen' ? event.pressure || 0.5 : 0.5;
    return [...place(event), Math.max(0, Math.round(event.timeStamp - active.startedAt)), pressure];
  };
  const eraseAt = (event) => {
    const { history } = store.state;
    const [x, y] = place(event);
    const strokes = history.present.strokes.filter((stroke) => !isHit(stroke, x, y));
    if (strokes.length === history.present.strokes.length) return;
    // One drag of the eraser is one step of undo.
    const isFirst = active.before === history;
    const present = { ...history.present, strokes };
    store.update({ history: isFirst ? commit(history, { strokes }) : { ...history, present } });
    reader.readSoon();
  };

  pad.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'pen') {
      // The hand that holds the pen rests on the glass.
      hasSeenPen = true;
      if (active?.type === 'touch') {
        store.update({ liveStroke: null });
        active = null;
      }
    }
    if (active) return;
    if (hasSeenPen && event.pointerType === 'touch') {
      store.update({ note: { words: 'Touch does not draw since a pen was used, so that a hand may rest on the screen.' } });
      return;
    }
    if (!(event.buttons & (PRIMARY | ERASER))) return;
    if (!onStart()) return;
    pad.setPointerCapture(event.pointerId);
    const { tool, history, width, pen } = store.state;
    const grid = gridOf(history.present);
    const mode = event.buttons & ERASER ? 'erase' : tool;
    active = { id: event.pointerId, type: event.pointerType, mode, startedAt: event.timeStamp, before: history };
    const [x, y] = place(event);
    store.update({ cell: cellAt(x, y, grid), pen: { ...pen, x, y, isDown: false, isShown: false } });
    if (mode === 'erase') eraseAt(event);
    else store.update({ liveStroke: { points: [pointOf(event)], width: width * scaleOf(grid) } });
  });

  pad.addEventListener('pointermove', (event) => {
    if (event.pointerId !== active?.id) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const all = events.length ? events : [event];
    if (active.mode === 'erase') {
      all.forEach(eraseAt);
      return;
    }
    const { liveStroke } = store.state;
    if (!liveStroke) return; // undone meanwhile
    const points = [...liveStroke.points];
    for (const one of all) {
      const point = pointOf(one);
      const last = points[points.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= MIN_MOVE) points.push(point);
    }
    if (points.length === liveStroke.points.length) return;
    store.update({ liveStroke: { ...liveStroke, points } });
    reader.readSoon();
  });

  const finish = (event) => {
    if (event.pointerId !== active?.id) return;
    const { mode } = active;
    active = null;
    const { liveStroke, history } = store.state;
    if (mode === 'draw' && liveStroke) {
      const [x, y] = liveStroke.points[liveStroke.points.length - 1];
      store.update({ history: addStroke(history, liveStroke), liveStroke: null, cell: cellAt(x, y, gridOf(history.present)) });
    }
    reader.readNow(event.type === 'pointerup' && mode === 'draw' ? event.timeStamp : null);
  };
  for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) pad.addEventListener(type, finish);
  // Otherwise a browser takes a quick stroke for a fling, and swallows the next tap.
  pad.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
  pad.addEventListener('contextmenu', (event) => event.preventDefault());
}
