/** Actions of buttons and keys. */

import { OWN_GRID, cellPhrase, extent, gridText, isSameChoice, isSheet, numCells, scaleOf } from './grid.js';
import { addStroke, commit, gridOf, isBlank, redo, undo } from './history.js';
import { sampleDigit, sampleGrid } from './samples.js';
import { shownGrid } from './state.js';
import { cellAt, cellBox, mainCell, moveToGrid } from './strokes.js';

const MIN_WIDTH = 0.015;
const MAX_WIDTH = 0.08;
const WIDTH_STEP = 0.005;
/** Distance of points on a line drawn by keys on the reader's own grid, so that smoothing does not cut its corners. */
const POINT_EVERY = 0.01;

/**
 * @param {import('./state.js').Store} store
 * @param {import('./client.js').LiveReader} reader
 */
export function createActions(store, reader) {
  let hand = 0;
  let penDownAt = 0;

  const grid = () => gridOf(store.state.history.present);
  const announce = (words) => store.update({ note: { words } });
  const applyHistory = (history) => {
    store.update({ history, liveStroke: null });
    reader.readNow();
  };
  /** Applies an undo or redo, which returns the same history where there is none. */
  const step = (history, words) => (history === store.state.history ? announce(words) : applyHistory(history));
  const centre = (cell) => {
    const [left, top, right, bottom] = cellBox(cell, grid());
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  };
  const moveToCell = (cell) => store.update({ cell, pen: { ...store.state.pen, ...centre(cell) } });
  const strokesOutside = (cell) => store.state.history.present.strokes.filter((stroke) => mainCell(stroke, grid()) !== cell);

  /** Selects a step to show: also while its answer is awaited, but not where none will come. */
  const selectStep = (number) => {
    const { answer, problem, history, liveStroke } = store.state;
    if (number !== null && isSheet(shownGrid(store.state))) {
      announce('Where it looked is shown of grids of up to two by two cells.');
      return;
    }
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
   * Says whether strokes may be drawn now. On a picture a stroke begins a fresh drawing, but for one of a
   * sheet: there what was corrected would be lost, and the pad has another form.
   */
  const mayDraw = () => {
    const { picture } = store.state.history.present;
    if (!picture || !(grid().isAuto || isSheet(grid()) || grid().rows !== grid().columns)) return true;
    announce('To draw, clear the picture first: choose Clear all.');
    return false;
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
    mayDraw,

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
        announce(`Cleared ${cellPhrase(cell, grid())}.`);
      } else announce(`Nothing to clear in ${cellPhrase(cell, grid())}.`);
    },

    clear() {
      penUp();
      const { history } = store.state;
      const isBlankAlready = isBlank(history.present);
      store.update({ problem: null });
      if (!isBlankAlready) applyHistory(commit(history, { strokes: [], picture: null }));
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
      if (!mayDraw()) return;
      const { history, cell } = store.state;
      const kept = history.present.picture ? [] : strokesOutside(cell);
      applyHistory(commit(history, { picture: null, strokes: [...kept, ...sampleDigit(digit, cell, ++hand, grid())] }));
      moveToCell((cell + 1) % numCells(grid()));
    },

    /** @param {1 | -1} by */
    changeCell(by) {
      penUp();
      moveToCell((store.state.cell + by + numCells(grid())) % numCells(grid()));
      announce(`In ${cellPhrase(store.state.cell, grid())}.`);
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
      if (!mayDraw()) return;
      penDownAt = at;
      const begun = { points: [[pen.x, pen.y, 0, 0.5]], width: width * scaleOf(grid()) };
      store.update({ pen: { ...pen, isDown: true, isShown: true }, liveStroke: begun });
      announce(history.present.picture ? 'Pen down; a fresh drawing begins.' : 'Pen down.');
      reader.readSoon();
    },

    /** Moves the keyboard's pen, in pad units of the reader's own grid. */
    movePen(dx, dy, at) {
      const { pen, liveStroke } = store.state;
      const scale = scaleOf(grid());
      const edge = (0.5 / 56) * scale;
      const [x, y] = extent(grid()).map((end, axis) => {
        const place = axis ? pen.y + dy * scale : pen.x + dx * scale;
        return Math.min(end - edge, Math.max(edge, place));
      });
      const next = { pen: { ...pen, x, y, isShown: true }, cell: cellAt(x, y, grid()) };
      if (pen.isDown && liveStroke) {
        const steps = Math.max(1, Math.round(Math.hypot(x - pen.x, y - pen.y) / (POINT_EVERY * scale)));
        const line = Array.from({ length: steps }, (_, i) => {
          const t = (i + 1) / steps;
          return [pen.x + t * (x - pen.x), pen.y + t * (y - pen.y), Math.round(at - penDownAt), 0.5];
        });
        store.update({ ...next, liveStroke: { ...liveStroke, points: [...liveStroke.points, ...line] } });
        reader.readSoon();
      } else {
        const before = store.state.cell;
        store.update(next);
        if (next.cell !== before) announce(`In ${cellPhrase(next.cell, grid())}.`);
      }
    },

    showDrawing,

    /**
     * Chooses another grid. Strokes stay in their rows and columns.
     * @param {import('./grid.js').Grid} chosen
     */
    chooseGrid(chosen) {
      penUp();
      const { history } = store.state;
      const { present } = history;
      const before = grid();
      if (isSameChoice(before, chosen)) return;
      const strokes = moveToGrid(present.strokes, before, chosen);
      const change = { strokes, grid: chosen };
      if (isBlank(present)) store.update({ history: { ...history, present: { ...present, ...change } } });
      else applyHistory(commit(history, change));
      moveToCell(0);
      const lost = strokes.length < present.strokes.length;
      if (chosen.isAuto) announce('Rows and columns of a picture are found out.');
      else announce(`${gridText(chosen)}.${lost ? ' What was drawn beyond them is gone: undo brings it back.' : ''}`);
    },

    /** Shows why a file cannot be opened; the drawing and its answer stay. */
    rejectFile: (detail) => store.update({ problem: { detail } }),

    /** @param {{digits: string, seed: number}} sample */
    showSample: (sample) => showDrawing({ strokes: sampleGrid(sample), picture: null, grid: OWN_GRID }),

    /** Shows a step over the pad, or hides it. */
    toggleStep: (number) => selectStep(store.state.step === number ? null : number),
    nextStep: () => selectStep(((store.state.step ?? -1) + 1) % numCells(shownGrid(store.state))),

    escape() {
      if (store.state.pen.isDown) penUp();
      else selectStep(null);
    },

    announce,
  };
}
