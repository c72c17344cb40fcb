/**
 * The one state of the page. Views subscribe to it; only `update` changes it.
 *
 * @typedef {object} State
 * @property {import('./history.js').History} history drawings: on the pad, before it, and undone
 * @property {import('./strokes.js').Stroke | null} liveStroke the stroke being drawn
 * @property {'draw' | 'erase'} tool
 * @property {number} width of the pen, in pad units of the reader's own grid
 * @property {number} cell the current cell: the one last drawn in or moved to
 * @property {{x: number, y: number, isDown: boolean, isShown: boolean}} pen moved by keys
 * @property {import('./client.js').Answer | null} answer
 * @property {import('./history.js').Drawing | null} answeredDrawing the drawing that the answer, or the problem, is about
 * @property {{type?: string, title?: string, detail: string} | null} problem why there is no answer, or why a
 *   file is not shown
 * @property {boolean} isAway the server cannot be reached
 * @property {{words: string} | null} note said once, in the status line
 * @property {ImageBitmap | null} image the uploaded picture, where the browser can show it
 * @property {import('./sheet.js').Corrections} corrections of the cells of a sheet
 * @property {boolean} isChecked a sheet is checked as a sudoku
 * @property {number | null} focus cell of a sheet that has the keyboard
 * @property {number | null} step of decoding, chosen to be shown over the pad
 * @property {number | null} previewStep the step pointed at or being played; shown instead of `step`
 * @property {boolean} isPlaying
 * @property {number | 'mean'} layer
 * @property {number | 'mean'} head
 * @property {number} opacity of the overlay
 * @property {boolean} hasSingleKeys single keys work outside the pad too
 */

import { OWN_GRID } from './grid.js';
import { gridOf, startHistory } from './history.js';

/** @returns {State} */
export function startState() {
  return {
    history: startHistory(),
    liveStroke: null,
    tool: 'draw',
    width: 0.04,
    cell: 0,
    pen: { x: 0.25, y: 0.25, isDown: false, isShown: false },
    answer: null,
    answeredDrawing: null,
    problem: null,
    isAway: false,
    note: null,
    image: null,
    corrections: new Map(),
    isChecked: false,
    focus: null,
    step: null,
    previewStep: null,
    isPlaying: false,
    layer: 'mean',
    head: 'mean',
    opacity: 0.6,
    hasSingleKeys: true,
  };
}

/**
 * Returns the grid that is shown: that of the answer, else that of the drawing.
 * @param {State} state
 * @returns {import('./grid.js').Grid}
 */
export function shownGrid({ answer, history }) {
  if (!answer) return gridOf(history.present);
  const { rows = OWN_GRID.rows, columns = OWN_GRID.columns } = answer;
  return { rows, columns };
}

/** Holds the state and tells the views when it changes. */
export class Store {
  /** @type {((state: State, changed: ReadonlySet<string>) => void)[]} */
  #views = [];

  /** @param {State} state */
  constructor(state = startState()) {
    this.state = state;
  }

  /** @param {Partial<State>} change */
  update(change) {
    const changed = new Set(Object.keys(change).filter((key) => change[key] !== this.state[key]));
    if (!changed.size) return;
    Object.assign(this.state, change);
    for (const view of this.#views) view(this.state, changed);
  }

  /**
   * Calls a view now, and at each change with the names of what changed.
   * @param {(state: State, changed: ReadonlySet<string>) => void} view
   */
  subscribe(view) {
    this.#views.push(view);
    view(this.state, new Set(Object.keys(this.state)));
  }
}
