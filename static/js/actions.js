/** What buttons and keys do to the drawing. */

import { BLANK, addStroke, commit, isBlank, redo, undo } from './history.js';
import { sampleDigit, sampleGrid } from './samples.js';
import { NUM_CELLS, cellAt, cellBox, mainCell } from './strokes.js';
import { CELL_NAMES } from './words.js';

const LEAST_WIDTH = 0.015;
const MOST_WIDTH = 0.08;
const WIDTH_STEP = 0.005;
/** A line drawn by keys has a point this often, so that its bends stay where they are. */
const POINT_EVERY = 0.01;

/**
 * @param {import('./state.js').Store} store
 * @param {import('./client.js').LiveReader} reader
 */
export function actionsOn(store, reader) {
  let hand = 0;
  let penDownAt = 0;

  const say = (words) => store.change({ note: { words } });
  const become = (history) => {
    store.change({ history, live: null });
    reader.now();
  };
  /** Goes back or forth in the history; it is the same one where there is nothing left. */
  const step = (history, words) => (history === store.state.history ? say(words) : become(history));
  const centre = (cell) => {
    const [left, top, right, bottom] = cellBox(cell);
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  };
  const goTo = (cell) => store.change({ cell, pen: { ...store.state.pen, ...centre(cell) } });
  const without = (cell) => store.state.history.present.strokes.filter((stroke) => mainCell(stroke) !== cell);

  /** A step may be chosen while its answer is still on the way; not where none will come. */
  const layOver = (number) => {
    const { answer, problem, history, live } = store.state;
    const isComing = !problem && (live || !isBlank(history.present));
    if (number === null || answer || isComing) store.change({ step: number, passing: null });
    else say('Nothing to show yet: draw a digit first.');
  };

  const penUp = (at = null) => {
    const { pen, live, history } = store.state;
    if (!pen.isDown) return;
    store.change({ pen: { ...pen, isDown: false }, live: null, history: live ? addStroke(history, live) : history });
    reader.now(at);
  };

  /**
   * Shows another drawing in place of all that was there; what was read goes with it.
   * @param {import('./history.js').Drawing} drawing
   */
  const show = (drawing) => {
    penUp();
    const history = commit(store.state.history, drawing);
    store.change({ history, live: null, answer: null, answered: null, problem: null });
    reader.now();
    goTo(0);
  };

  return {
    penUp,

    undo: () => step(undo(store.state.history), 'Nothing to undo.'),
    redo: () => step(redo(store.state.history), 'Nothing to redo.'),

    toggleErase() {
      penUp();
      const tool = store.state.tool === 'erase' ? 'draw' : 'erase';
      store.change({ tool });
      say(tool === 'erase' ? 'Erasing: touch a stroke to remove it.' : 'Drawing.');
    },

    clearCell() {
      penUp();
      const { history, cell } = store.state;
      const strokes = without(cell);
      if (history.present.picture) {
        become(commit(history, { picture: null, strokes: [] }));
        say('Cleared the picture.');
      } else if (strokes.length < history.present.strokes.length) {
        become(commit(history, { strokes }));
        say(`Cleared the ${CELL_NAMES[cell]} cell.`);
      } else say(`Nothing to clear in the ${CELL_NAMES[cell]} cell.`);
    },

    clear() {
      penUp();
      const { history } = store.state;
      const isBlankAlready = isBlank(history.present);
      store.change({ problem: null });
      if (!isBlankAlready) become(commit(history, BLANK));
      // Who begins anew begins in the first cell.
      goTo(0);
      say(isBlankAlready ? 'Nothing to clear: the pad is blank.' : 'Cleared.');
    },

    /** @param {number} width */
    setWidth(width) {
      store.change({ width: Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, Math.round(width * 1000) / 1000)) });
    },
    wider: () => store.change({ width: Math.min(MOST_WIDTH, store.state.width + WIDTH_STEP) }),
    narrower: () => store.change({ width: Math.max(LEAST_WIDTH, store.state.width - WIDTH_STEP) }),

    /** Draws a digit in the current cell, in place of what is there, and goes to the next cell. */
    placeDigit(digit) {
      penUp();
      const { history, cell } = store.state;
      const kept = history.present.picture ? [] : without(cell);
      become(commit(history, { picture: null, strokes: [...kept, ...sampleDigit(digit, cell, ++hand)] }));
      goTo((cell + 1) % NUM_CELLS);
    },

    /** @param {1 | -1} by */
    changeCell(by) {
      penUp();
      goTo((store.state.cell + by + NUM_CELLS) % NUM_CELLS);
      say(`In the ${CELL_NAMES[store.state.cell]} cell.`);
    },

    /** Puts the keyboard's pen down, or lifts it. */
    togglePen(at) {
      const { pen, width, tool, history } = store.state;
      if (pen.isDown) {
        penUp(at);
        say('Pen up.');
        return;
      }
      if (tool === 'erase') {
        say('Erasing: choose Erase again to draw.');
        return;
      }
      penDownAt = at;
      store.change({ pen: { ...pen, isDown: true, isShown: true }, live: { points: [[pen.x, pen.y, 0, 0.5]], width } });
      say(history.present.picture ? 'Pen down; a fresh drawing begins.' : 'Pen down.');
      reader.soon();
    },

    /** Moves the keyboard's pen, in pad units. */
    movePen(dx, dy, at) {
      const { pen, live } = store.state;
      const within = (value) => Math.min(1 - 0.5 / 56, Math.max(0.5 / 56, value));
      const [x, y] = [within(pen.x + dx), within(pen.y + dy)];
      const next = { pen: { ...pen, x, y, isShown: true }, cell: cellAt(x, y) };
      if (pen.isDown && live) {
        const steps = Math.max(1, Math.round(Math.hypot(x - pen.x, y - pen.y) / POINT_EVERY));
        const line = Array.from({ length: steps }, (_, i) => {
          const t = (i + 1) / steps;
          return [pen.x + t * (x - pen.x), pen.y + t * (y - pen.y), Math.round(at - penDownAt), 0.5];
        });
        store.change({ ...next, live: { ...live, points: [...live.points, ...line] } });
        reader.soon();
      } else {
        const before = store.state.cell;
        store.change(next);
        if (next.cell !== before) say(`In the ${CELL_NAMES[next.cell]} cell.`);
      }
    },

    show,

    /** Says why a file is not shown; the drawing stays, and its answer. */
    refuse: (detail) => store.change({ problem: { detail } }),

    /** @param {{digits: string, seed: number}} grid */
    showSample: (grid) => show({ strokes: sampleGrid(grid), picture: null }),

    /** Lays a step over the pad, or takes it off. */
    toggleStep: (number) => layOver(store.state.step === number ? null : number),
    nextStep: () => layOver(((store.state.step ?? -1) + 1) % NUM_CELLS),

    escape() {
      if (store.state.pen.isDown) penUp();
      else layOver(null);
    },

    say,
  };
}
