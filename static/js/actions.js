/** Actions of buttons and keys. */

import { BLANK, addStroke, commit, isBlank, redo, undo } from './history.js';
import { sampleDigit, sampleGrid } from './samples.js';
import { NUM_CELLS, cellAt, cellBox, mainCell } from './strokes.js';
import { CELL_NAMES } from './messages.js';

const MIN_WIDTH = 0.015;
const MAX_WIDTH = 0.08;
const WIDTH_STEP = 0.005;
/** Distance of points on a line drawn by keys, so that smoothing does not cut its corners. */
const POINT_EVERY = 0.01;

/**
 * @param {import('./state.js').Store} store
 * @param {import('./client.js').LiveReader} reader
 */
export function createActions(store, reader) {
  let hand = 0;
  let penDownAt = 0;

  const announce = (words) => store.update({ note: { words } });
  const applyHistory = (history) => {
    store.update({ history, liveStroke: null });
    reader.readNow();
  };
  /** Applies an undo or redo, which returns the same history where there is none. */
  const step = (history, words) => (history === store.state.history ? announce(words) : applyHistory(history));
  const centre = (cell) => {
    const [left, top, right, bottom] = cellBox(cell);
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  };
  const moveToCell = (cell) => store.update({ cell, pen: { ...store.state.pen, ...centre(cell) } });
  const strokesOutside = (cell) => store.state.history.present.strokes.filter((stroke) => mainCell(stroke) !== cell);

  /** Selects a step to show: also while its answer is awaited, but not where none will come. */
  const selectStep = (number) => {
    const { answer, problem, history, liveStroke } = store.state;
    const isComing = !problem && (liveStroke || !isBlank(history.present));
    if (number === null || answer || isComing) store.update({ step: number, previewStep: null });
    else announce('Nothing to show yet: draw a digit first.');
  };

  const penUp = (at = null) => {
    const { pen, liveStroke, history } = store.state;
    if (!pen.isDown) return;
    const drawn = liveStroke ? addStroke(history, liveStroke) : history;
    store.update({ pen: { ...pen, isDown: false }, liveStroke: null, history: drawn });
    reader.readNow(at);
  };

  /**
   * Replaces the drawing, and removes its answer at once.
   * @param {import('./history.js').Drawing} drawing
   */
  const showDrawing = (drawing) => {
    penUp();
    const history = commit(store.state.history, drawing);
    store.update({ history, liveStroke: null, answer: null, answeredDrawing: null, problem: null });
    reader.readNow();
    moveToCell(0);
  };

  return {
    penUp,

    undo: () => step(undo(store.state.history), 'Nothing to undo.'),
    redo: () => step(redo(store.state.history), 'Nothing to redo.'),

    toggleErase() {
      penUp();
      const tool = store.state.tool === 'erase' ? 'draw' : 'erase';
      store.update({ tool });
      announce(tool === 'erase' ? 'Erasing: touch a stroke to remove it.' : 'Drawing.');
    },

    clearCell() {
      penUp();
      const { history, cell } = store.state;
      const strokes = strokesOutside(cell);
      if (history.present.picture) {
        applyHistory(commit(history, { picture: null, strokes: [] }));
        announce('Cleared the picture.');
      } else if (strokes.length < history.present.strokes.length) {
        applyHistory(commit(history, { strokes }));
        announce(`Cleared the ${CELL_NAMES[cell]} cell.`);
      } else announce(`Nothing to clear in the ${CELL_NAMES[cell]} cell.`);
    },

    clear() {
      penUp();
      const { history } = store.state;
      const isBlankAlready = isBlank(history.present);
      store.update({ problem: null });
      if (!isBlankAlready) applyHistory(commit(history, BLANK));
      // A new drawing begins in the first cell.
      moveToCell(0);
      announce(isBlankAlready ? 'Nothing to clear: the pad is blank.' : 'Cleared.');
    },

    /** @param {number} width */
    setWidth(width) {
      store.update({ width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.round(width * 1000) / 1000)) });
    },
    wider: () => store.update({ width: Math.min(MAX_WIDTH, store.state.width + WIDTH_STEP) }),
    narrower: () => store.update({ width: Math.max(MIN_WIDTH, store.state.width - WIDTH_STEP) }),

    /** Draws a digit in the current cell, in place of what is there, and goes to the next cell. */
    placeDigit(digit) {
      penUp();
      const { history, cell } = store.state;
      const kept = history.present.picture ? [] : strokesOutside(cell);
      applyHistory(commit(history, { picture: null, strokes: [...kept, ...sampleDigit(digit, cell, ++hand)] }));
      moveToCell((cell + 1) % NUM_CELLS);
    },

    /** @param {1 | -1} by */
    changeCell(by) {
      penUp();
      moveToCell((store.state.cell + by + NUM_CELLS) % NUM_CELLS);
      announce(`In the ${CELL_NAMES[store.state.cell]} cell.`);
    },

    /** Puts the keyboard's pen down, or lifts it. */
    togglePen(at) {
      const { pen, width, tool, history } = store.state;
      if (pen.isDown) {
        penUp(at);
        announce('Pen up.');
        return;
      }
      if (tool === 'erase') {
        announce('Erasing: choose Erase again to draw.');
        return;
      }
      penDownAt = at;
      const begun = { points: [[pen.x, pen.y, 0, 0.5]], width };
      store.update({ pen: { ...pen, isDown: true, isShown: true }, liveStroke: begun });
      announce(history.present.picture ? 'Pen down; a fresh drawing begins.' : 'Pen down.');
      reader.readSoon();
    },

    /** Moves the keyboard's pen, in pad units. */
    movePen(dx, dy, at) {
      const { pen, liveStroke } = store.state;
      const within = (value) => Math.min(1 - 0.5 / 56, Math.max(0.5 / 56, value));
      const [x, y] = [within(pen.x + dx), within(pen.y + dy)];
      const next = { pen: { ...pen, x, y, isShown: true }, cell: cellAt(x, y) };
      if (pen.isDown && liveStroke) {
        const steps = Math.max(1, Math.round(Math.hypot(x - pen.x, y - pen.y) / POINT_EVERY));
        const line = Array.from({ length: steps }, (_, i) => {
          const t = (i + 1) / steps;
          return [pen.x + t * (x - pen.x), pen.y + t * (y - pen.y), Math.round(at - penDownAt), 0.5];
        });
        store.update({ ...next, liveStroke: { ...liveStroke, points: [...liveStroke.points, ...line] } });
        reader.readSoon();
      } else {
        const before = store.state.cell;
        store.update(next);
        if (next.cell !== before) announce(`In the ${CELL_NAMES[next.cell]} cell.`);
      }
    },

    showDrawing,

    /** Shows why a file cannot be opened; the drawing and its answer stay. */
    rejectFile: (detail) => store.update({ problem: { detail } }),

    /** @param {{digits: string, seed: number}} grid */
    showSample: (grid) => showDrawing({ strokes: sampleGrid(grid), picture: null }),

    /** Shows a step over the pad, or hides it. */
    toggleStep: (number) => selectStep(store.state.step === number ? null : number),
    nextStep: () => selectStep(((store.state.step ?? -1) + 1) % NUM_CELLS),

    escape() {
      if (store.state.pen.isDown) penUp();
      else selectStep(null);
    },

    announce,
  };
}
